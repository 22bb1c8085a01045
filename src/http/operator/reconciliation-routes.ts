import type { Context } from 'hono';
import * as v from 'valibot';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator, writingOperator } from './authorize.ts';
import { beginReconciliation } from './begin-reconciliation.ts';
import { readNumber } from './number.ts';
import { differenceJson, reconciliationJson } from './reconciliation-json.ts';
import { readReconciliationRequest } from './reconciliation-request.ts';

const MOST_ANSWERED = 500;

const place = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export const listParameters = {
  limit,
  cursor: cursorFrom(v.strictTuple([v.literal('reconciliation'), place])),
};
export const driftParameters = { limit, cursor: cursorFrom(v.strictTuple([v.literal('drift'), place])) };

/** `POST /operator/v1/reconciliations`: 200 with all that it found, or 202 while it runs. */
export async function startReconciliation(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const request = await readReconciliationRequest(c);
  if (request instanceof Response) return request;
  const begun = await beginReconciliation(services, { ...request, by: operator.name });
  if (begun === null) return failure(c, 'calls_paused');
  return answer(c, services, begun.id, 0, MOST_ANSWERED, begun.ended ? 200 : 202);
}

/** `GET /operator/v1/reconciliations`: the latest first. */
export async function listReconciliations(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, listParameters);
  if (query instanceof Response) return query;
  const { reconciliations } = services.reconciler;
  const found = await reconciliations.readReconciliations(query.cursor?.[1] ?? null, query.limit);
  const last = found.length < query.limit ? undefined : found.at(-1);
  return c.json({
    reconciliations: found.map(reconciliationJson),
    next: last === undefined ? null : cursorTo(['reconciliation', last.id]),
  });
}

/** `GET /operator/v1/reconciliations/{id}`: how far it has come, and what it found, page by page. */
export async function readReconciliation(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, driftParameters);
  if (query instanceof Response) return query;
  const id = readNumber(c.req.param('id'));
  if (id === null) return failure(c, 'not_found');
  return answer(c, services, id, query.cursor?.[1] ?? 0, query.limit, 200);
}

/** `POST /operator/v1/reconciliations/{id}/cancel`: it ends before its next page; what was repaired stays so. */
export async function cancelReconciliation(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const { reconciliations } = services.reconciler;
  const id = readNumber(c.req.param('id'));
  if (id === null || (await reconciliations.readReconciliation(id)) === null) return failure(c, 'not_found');
  if (!(await reconciliations.cancelReconciliation(id, operator.name))) {
    return failure(c, 'reconciliation_ended');
  }
  services.log.info('reconciliation_cancelled', { reconciliation: id, by: operator.name });
  return answer(c, services, id, 0, 1, 200);
}

async function answer(
  c: Context,
  { reconciler: { reconciliations } }: Services,
  id: number,
  after: number,
  most: number,
  status: 200 | 202,
): Promise<Response> {
  const found = await reconciliations.readReconciliation(id);
  if (found === null) return failure(c, 'not_found');
  const drift = await reconciliations.readDrift(id, after, most);
  const last = drift.length < most ? undefined : drift.at(-1);
  const next = last === undefined ? null : cursorTo(['drift', last.position]);
  return c.json({ ...reconciliationJson(found), differences: drift.map(differenceJson), next }, status);
}
