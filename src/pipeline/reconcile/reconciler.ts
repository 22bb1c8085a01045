import type { Decider } from '../decide-and-commit.ts';
import type { KnownInstance } from '../instance-check.ts';
import type {
  Budget,
  Commit,
  Committed,
  LeasedReconciliation,
  Log,
  Provider,
  ReconciledPage,
  ReconciliationStore,
} from '../ports.ts';

export interface Reconciler extends Decider {
  readonly reconciliations: ReconciliationStore;
  readonly provider: Provider;
  readonly budget: Budget;
  readonly knownInstance: KnownInstance;
  readonly log: Log;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** The reconciliation was cancelled, or somebody else carries it out: nothing of this page was written. */
export class ReconciliationStopped extends Error {
  override readonly name = 'ReconciliationStopped';
}

/** Writes what of a page differed, with the decision on it; of a dry run only the former. */
export async function record(
  { reconciliations }: Pick<Reconciler, 'reconciliations'>,
  leased: LeasedReconciliation,
  commit: Commit,
  page: ReconciledPage,
): Promise<Committed | 'moved'> {
  return unlessStopped(await reconciliations.commitReconciled(leased, leased.dryRun ? null : commit, page));
}

export function unlessStopped<Answer>(answer: Answer | 'stopped'): Answer {
  if (answer === 'stopped') throw new ReconciliationStopped('the reconciliation has stopped');
  return answer;
}
