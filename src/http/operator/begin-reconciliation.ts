import type { ReconciliationRequest } from '../../pipeline/ports.ts';
import { runReconciliation } from '../../pipeline/reconcile/run-reconciliations.ts';
import type { Services } from '../services.ts';

/** A small instance is compared while the operator waits; the rest goes on without them. */
const WAIT_MS = 3_000;

/** Starts a reconciliation and waits a little for its end. Null in the mode paused: Clerk is asked nothing. */
export async function beginReconciliation(
  services: Services,
  request: Omit<ReconciliationRequest, 'cause'>,
): Promise<{ readonly id: number; readonly ended: boolean } | null> {
  const { reconciler, clock, log } = services;
  if (reconciler.mode === 'paused') return null;
  const { id, joined } = await reconciler.reconciliations.startReconciliation({
    ...request,
    cause: 'operator',
  });
  log.info('reconciliation_started', { reconciliation: id, by: request.by, dry_run: request.dryRun, joined });
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const ended = await runReconciliation({ ...reconciler, sleep }, id, clock.now() + WAIT_MS);
  if (!ended) services.reconcileSoon();
  services.dispatchSoon();
  return { id, ended };
}
