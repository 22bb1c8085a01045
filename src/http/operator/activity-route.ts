import type { Context } from 'hono';
import * as v from 'valibot';
import { MOST_MINUTES, readActivity as read } from '../../pipeline/operators/activity.ts';
import { readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';

export const parameters = {
  minutes: v.optional(
    v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,3}$/), v.transform(Number), v.maxValue(MOST_MINUTES)),
    '60',
  ),
};

/** `GET /operator/v1/activity`: what happened in the last minutes, for charts. */
export async function readActivity(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { stepSeconds, points } = await read(services.status.statuses, query.minutes);
  return c.json({
    step_seconds: stepSeconds,
    points: points.map(({ refusedP50Ms, refusedP99Ms, ...point }) => ({
      ...point,
      refused_p50_ms: refusedP50Ms,
      refused_p99_ms: refusedP99Ms,
    })),
  });
}
