import { explain } from '../../pipeline/operators/explain.ts';
import type { Replay, ReplayedDelivery } from '../../pipeline/ports.ts';

/** A replay, as the interface and the commands tell it. */
export function replayJson(replay: Replay): object {
  return {
    id: replay.id,
    status: replay.status,
    dry_run: replay.dryRun,
    by: replay.by,
    reason: replay.reason,
    total: replay.total,
    done: replay.done,
    outcomes: replay.outcomes,
    asked_at: replay.askedAt,
    ended_at: replay.endedAt,
    cancelled_by: replay.cancelledBy,
  };
}

/** What became of one delivery of it. */
export function resultJson(result: ReplayedDelivery): object {
  return {
    delivery: result.delivery,
    outcome: result.outcome,
    reason: result.reason,
    explanation: explain(result.reason),
    differences: result.differences,
    owed: result.owed,
  };
}
