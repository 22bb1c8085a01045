import type { Context } from 'hono';
import * as v from 'valibot';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { auditFilterFrom, auditParameters } from './audit-filter.ts';
import { auditJson } from './audit-json.ts';
import { readOperator } from './authorize.ts';

/** Microseconds, up to the year 2200. */
const recordedAt = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(7_258_118_400_000_000));
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const position = v.strictTuple([v.picklist(['change', 'action']), recordedAt, number]);

export const parameters = { ...auditParameters, limit, cursor: cursorFrom(position) };

/** `GET /operator/v1/audit`: what changed and what operators did, the latest first. */
export async function listAudit(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { cursor } = query;
  const { entries, next } = await services.audit.listAudit({
    filter: auditFilterFrom(query),
    newestFirst: true,
    after:
      cursor === undefined ? null : { isAction: cursor[0] === 'action', at: cursor[1], number: cursor[2] },
    limit: query.limit,
  });
  return c.json({
    entries: entries.map(auditJson),
    next: next === null ? null : cursorTo([next.isAction ? 'action' : 'change', next.at, next.number]),
  });
}
