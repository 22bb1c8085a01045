import type { Context } from 'hono';
import * as v from 'valibot';
import { approveHold, rejectHold } from '../../pipeline/holds/decide-hold.ts';
import { failure } from '../failure.ts';
import { readJson } from '../json.ts';
import { readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator, writingOperator } from './authorize.ts';
import { holdJson } from './hold-json.ts';
import { readNumber } from './number.ts';
import { reason } from './reason.ts';

export const parameters = { status: v.optional(v.picklist(['waiting', 'approved', 'rejected']), 'waiting') };

export const decisionBody = v.strictObject({ reason: v.optional(reason, '') });

/** `GET /operator/v1/holds`: what waits for an operator, with what it would change. */
export async function listHolds(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const holds = await services.policies.readHolds(query.status);
  return c.json({ holds: holds.map(holdJson) });
}

export function approve(c: Context, services: Services): Promise<Response> {
  return decide(c, services, approveHold);
}

export function reject(c: Context, services: Services): Promise<Response> {
  return decide(c, services, rejectHold);
}

/** `POST /operator/v1/holds/{id}/approve` and `…/reject`. Who decided is the name of the token. */
async function decide(c: Context, services: Services, verb: typeof approveHold): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const id = readNumber(c.req.param('id'));
  if (id === null) return failure(c, 'not_found');
  // Holds were decided on without a word: nothing at all is as good as {}.
  const json = await readJson(c, { orNothing: true });
  if (json instanceof Response) return json;
  const read = v.safeParse(decisionBody, json.body);
  if (!read.success) return failure(c, 'invalid_request', {}, 'It has a "reason", on one line, or nothing.');
  const decided = await verb(services, id, operator.name, read.output.reason);
  services.log.info('hold_decided', { hold: id, by: operator.name, result: decided.result });
  switch (decided.result) {
    case 'not_waiting':
      return failure(c, decided.hold === null ? 'not_found' : 'hold_decided');
    case 'conflict':
      return failure(c, 'hold_conflict');
    case 'rejected':
      return c.json({ hold: id, result: decided.result });
    case 'asked':
      services.reconcileSoon();
      services.dispatchSoon();
      return c.json({ hold: id, result: decided.result });
    case 'applied':
    case 'unchanged':
      return c.json({ hold: id, result: decided.result, policy_version: decided.version });
    case 'held':
      // Approving never raises another one.
      return failure(c, 'hold_conflict');
  }
}
