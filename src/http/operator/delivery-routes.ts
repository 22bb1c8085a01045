import type { Context } from 'hono';
import * as v from 'valibot';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';
import { entryJson, recordJson } from './delivery-json.ts';
import { filterFrom, filterParameters } from './filter.ts';

/** As the inbox holds them: of any other text the database could not even be asked. */
const deliveryId = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));
/** Microseconds, up to the year 2200. */
const receivedAt = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(7_258_118_400_000_000));

export const parameters = {
  ...filterParameters,
  limit,
  cursor: cursorFrom(v.strictTuple([v.literal('delivery'), receivedAt, deliveryId])),
};

/** `GET /operator/v1/deliveries`, the latest first. */
export async function listDeliveries(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { cursor } = query;
  const before = cursor === undefined ? null : { receivedAt: cursor[1], id: cursor[2] };
  const page = await services.operators.listDeliveries(filterFrom(query), before, query.limit);
  const { next } = page;
  return c.json({
    deliveries: page.deliveries.map(entryJson),
    next: next === null ? null : cursorTo(['delivery', next.receivedAt, next.id]),
  });
}

/** `GET /operator/v1/deliveries/{id}`: everything that is known of one. */
export async function readDelivery(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const id = c.req.param('id');
  const record = v.is(deliveryId, id) ? await services.operators.readDelivery(id) : null;
  return record === null ? failure(c, 'not_found') : c.json(recordJson(record));
}
