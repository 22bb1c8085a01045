import type { FoundDrift, Reconciliation } from '../../pipeline/ports.ts';

/** A reconciliation, as the interface and the commands tell it. */
export function reconciliationJson(one: Reconciliation): object {
  return {
    id: one.id,
    status: one.status,
    cause: one.cause,
    organization: one.organization,
    dry_run: one.dryRun,
    stage: one.stage,
    compared: one.compared,
    total: one.total,
    drift: one.drift,
    held: one.held,
    problem: one.problem,
    by: one.by,
    reason: one.reason,
    asked_at: one.askedAt,
    ended_at: one.endedAt,
    cancelled_by: one.cancelledBy,
  };
}

/** One thing that it found to be otherwise than Clerk says. */
export function differenceJson({
  kind,
  organization,
  user,
  subject,
  ours,
  theirs,
  outcome,
}: FoundDrift): object {
  return { kind, organization, user, subject, ours, theirs, outcome };
}
