import type { Context } from 'hono';
import * as v from 'valibot';
import { EFFECT_STATUSES } from '../../pipeline/ports.ts';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator, writingOperator } from './authorize.ts';
import { effectJson } from './effect-json.ts';
import { readNumber } from './number.ts';

export const parameters = {
  status: v.optional(v.picklist(EFFECT_STATUSES)),
  limit,
  cursor: cursorFrom(
    v.strictTuple([v.literal('effect'), v.pipe(v.number(), v.safeInteger(), v.minValue(1))]),
  ),
};

/** `GET /operator/v1/effects`, the latest first. */
export async function listEffects(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { effects, next } = await services.operators.listEffects(
    query.status ?? null,
    query.cursor?.[1] ?? null,
    query.limit,
  );
  return c.json({
    effects: effects.map(effectJson),
    next: next === null ? null : cursorTo(['effect', next]),
  });
}

/** `POST /operator/v1/effects/{id}/retry`: a dead one is tried from its beginning, one that waits is tried now. */
export async function retryEffect(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const id = readNumber(c.req.param('id'));
  const result = id === null ? null : await services.operators.retryEffect(id, operator.name);
  if (id === null || result === null) return failure(c, 'not_found');
  if (result === 'done' || result === 'observed') return failure(c, 'nothing_to_retry');
  services.log.info('effect_retried', { effect: id, by: operator.name, result });
  services.dispatchSoon();
  return c.json({ effect: id, result });
}
