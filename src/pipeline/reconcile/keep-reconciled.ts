import type { Reconciler } from './reconciler.ts';
import { runReconciliations } from './run-reconciliations.ts';

/** A little less than the minute after which a cron comes again. */
const LOOK_EVERY_MS = 50_000;

export interface Schedule {
  /** How long after one reconciliation of everything the next one is due; null for never by itself. */
  readonly everyMs: number | null;
  /** Instead of waiting for what the provider pushes: how often everything is compared; null where it pushes. */
  readonly pollMs: number | null;
}

/**
 * Keeps what is held to be true in step: starts what is due, then carries out what runs. To be called again and again.
 * Paused, nobody is said to be at work: when it is over, what was missed is looked at first.
 */
export function keepReconciled(
  reconciler: Reconciler,
  { everyMs, pollMs }: Schedule,
): (untilMs: number, stopping?: () => boolean) => Promise<number> {
  const { clock, mode, log, reconciliations } = reconciler;
  const timer = () => {
    let last = Number.NEGATIVE_INFINITY;
    return (waitMs: number): boolean => {
      if (clock.now() - last < waitMs) return false;
      last = clock.now();
      return true;
    };
  };
  const [isTimeToLook, isTimeToPoll] = [timer(), timer()];
  return async (untilMs, stopping) => {
    if (mode !== 'paused' && isTimeToLook(LOOK_EVERY_MS)) {
      const due = await reconciliations.scheduleReconciliation(everyMs);
      if (due !== null) log.info('reconciliation_scheduled', { reconciliation: due.id });
    }
    if (mode !== 'paused' && pollMs !== null && isTimeToPoll(pollMs)) {
      const everything = { organizationId: null, dryRun: false };
      await reconciliations.startReconciliation({ ...everything, cause: 'poll', by: 'rolecall', reason: '' });
    }
    return runReconciliations(reconciler, untilMs, stopping);
  };
}
