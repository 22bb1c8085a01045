import { explain } from '../../pipeline/operators/explain.ts';
import { showPayload } from '../../pipeline/operators/show-payload.ts';
import type { InboxEntry, InboxRecord } from '../../pipeline/ports.ts';
import { effectJson } from './effect-json.ts';

/** A delivery in a list, as the interface and the commands tell it. */
export function entryJson(entry: InboxEntry): object {
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

/** One delivery with all that came of it. */
export function recordJson(record: InboxRecord): object {
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
