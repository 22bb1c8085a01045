import type { Context } from 'hono';
import * as v from 'valibot';
import { explain } from '../../pipeline/operators/explain.ts';
import { showPayload } from '../../pipeline/operators/show-payload.ts';
import type { InboxEntry, InboxRecord } from '../../pipeline/ports.ts';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';
import { effectJson } from './effect-routes.ts';
import { filterFrom, filterParameters } from './filter.ts';

/** As the inbox holds them: of any other text the database could not even be asked. */
const deliveryId = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));
/** Microseconds, up to the year 2200. */
const receivedAt = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(7_258_118_400_000_000));

const parameters = {
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

function entryJson(entry: InboxEntry): object {
  return {
    id: entry.id,
    source: entry.source,
    type: entry.type,
    organization: entry.organizationId,
    user: entry.userId,
    outcome: entry.outcome,
    reason: entry.reason,
    explanation: explain(entry.reason),
    attempt_count: entry.attempts,
    dead: entry.dead,
    received_at: entry.receivedAt,
    committed_at: entry.committedAt,
    retry_at: entry.retryAt,
    payload_kept: entry.kept,
  };
}

function recordJson(record: InboxRecord): object {
  const { outcome, reason } = record;
  const { payload, text } = showPayload(record.body);
  const first = { attempt: 1, cause: 'delivery', replay: null, outcome, reason, at: record.committedAt };
  const history = record.history.length === 0 ? [first] : record.history;
  return {
    ...entryJson(record),
    sha256: record.sha256,
    payload,
    payload_text: text,
    decision: { outcome, reason, explanation: explain(reason) },
    changes: record.changes.map((change) => ({
      revision: change.revision,
      kind: change.kind,
      organization: change.organizationId,
      user: change.userId,
      agent: change.agentId,
      role: change.role,
      permissions: change.permissions,
      cutoff: change.cutoff,
      cause: change.cause,
      at: change.at,
      recorded_at: change.recordedAt,
    })),
    effects: record.effects.map(effectJson),
    attempts: history.map((attempt) => ({ ...attempt, explanation: explain(attempt.reason) })),
    times: {
      sent_at: record.sentAt,
      received_at: record.receivedAt,
      committed_at: record.committedAt,
      refused_at: record.refusedAt,
      received_to_committed_ms: record.receivedToCommittedMs,
      received_to_refused_ms: record.receivedToRefusedMs,
    },
  };
}
