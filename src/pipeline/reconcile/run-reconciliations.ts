import { retryDelay } from '../../domain/retry.ts';
import { checkInstance } from '../instance-check.ts';
import { TOLERATED_LOSS } from '../policies/judge-loss.ts';
import {
  type LeasedReconciliation,
  type ProviderFailure,
  type PutOff,
  StoreRejected,
  StoreUnavailable,
} from '../ports.ts';
import { readList } from './read-list.ts';
import { type Reconciler, ReconciliationStopped, unlessStopped } from './reconciler.ts';

/** Longer than a page may take; past it somebody else goes on where it stood. */
const LEASE_MS = 60_000;

/** A page is tried for about a quarter of an hour; then an operator should know. */
const MOST_ATTEMPTS = 10;

/** Of our own members, looked at in one statement. */
const OWN_PAGE = 2_000;
/** Lookups owed in one statement. */
const LOOKUPS = 500;

/**
 * The lane of reconciliations: a page of each in turn, and what operators said to their holds, until there is nothing
 * left, the provider's budget is spent, the time is up or `stopping`. One call and one connection at a time.
 * @returns how many pages were carried out.
 */
export async function runReconciliations(
  reconciler: Reconciler,
  untilMs: number,
  stopping: () => boolean = () => false,
): Promise<number> {
  const { clock, mode, reconciliations } = reconciler;
  let done = 0;
  while (clock.now() < untilMs && !stopping()) {
    const settled = await reconciliations.settleAbsences(LOOKUPS);
    const carried = mode !== 'paused' && (await carryOutNext(reconciler, null));
    if (carried) done += 1;
    else if (!settled) break;
  }
  return done;
}

/**
 * One reconciliation, by whoever waits for it, until it has ended or the time is up. Somebody else may carry out pages
 * of it meanwhile.
 * @returns whether it has ended.
 */
export async function runReconciliation(
  reconciler: Reconciler & { readonly sleep: (ms: number) => Promise<void> },
  id: number,
  untilMs: number,
  progress: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  const { clock, reconciliations } = reconciler;
  for (;;) {
    const carried = await carryOutNext(reconciler, id);
    if (!carried && (await reconciliations.readReconciliation(id))?.status !== 'running') return true;
    await progress();
    if (clock.now() >= untilMs) return (await reconciliations.readReconciliation(id))?.status !== 'running';
    if (!carried) await reconciler.sleep(100);
  }
}

/** @returns whether there was a page to carry out. */
async function carryOutNext(reconciler: Reconciler, id: number | null): Promise<boolean> {
  const { reconciliations, budget, clock, log } = reconciler;
  const leased = await reconciliations.leaseReconciliation(id, {
    ...budget,
    leaseMs: LEASE_MS,
    now: clock.now(),
  });
  if (leased === null) return false;
  const about = { reconciliation: leased.id, stage: leased.stage };
  try {
    const why = await attempt(reconciler, leased);
    if (why === null) {
      log.info('reconciliation_page', about);
      return true;
    }
    log.warn('reconciliation_put_off', { ...about, problem: why.problem, failed: why.retryInMs === null });
    await reconciliations.putOff(leased, why);
  } catch (error) {
    if (error instanceof StoreRejected) throw new StoreUnavailable('the page was refused', { cause: error });
    if (!(error instanceof ReconciliationStopped)) throw error;
    log.info('reconciliation_stopped', about);
  }
  return true;
}

async function attempt(reconciler: Reconciler, leased: LeasedReconciliation): Promise<PutOff | null> {
  // Whatever ended the attempts before, it ended their processes too: attempts are counted when they start.
  if (leased.attempts > MOST_ATTEMPTS) return failed('never_ended');
  const { reconciliations } = reconciler;
  switch (leased.stage) {
    case 'absences':
      unlessStopped(await reconciliations.findAbsences(leased, OWN_PAGE));
      return null;
    case 'judgement': {
      const judged = unlessStopped(await reconciliations.judgeAbsences(leased, TOLERATED_LOSS));
      if (judged.hold !== null)
        reconciler.log.warn('absences_held', { reconciliation: leased.id, ...judged });
      return null;
    }
    case 'questions':
      unlessStopped(await reconciliations.askAboutAbsent(leased, LOOKUPS));
      return null;
    case 'roles':
    case 'organizations':
    case 'users':
    case 'memberships':
      return readFromProvider(reconciler, { ...leased, stage: leased.stage });
  }
}

async function readFromProvider(
  reconciler: Reconciler,
  leased: Parameters<typeof readList>[1],
): Promise<PutOff | null> {
  const wrong = await checkKey(reconciler, leased);
  if (wrong !== null) return wrong;
  const read = await readList(reconciler, leased);
  if (read === null) return null;
  return read === 'endless_pages' ? failed(read) : afterFailure(reconciler, leased, read);
}

/**
 * Answers of another instance would look like everybody's absence. An operator who asks an unpinned database to be
 * filled says by it whose it is; what starts by itself knows that already.
 */
async function checkKey(reconciler: Reconciler, leased: LeasedReconciliation): Promise<PutOff | null> {
  const { knownInstance, store, clock } = reconciler;
  const check = await checkInstance(reconciler, knownInstance);
  switch (check) {
    case 'matches':
      return null;
    case 'unpinned':
      if (leased.dryRun || knownInstance.id === null) return null;
      await store.pinInstance(knownInstance.id);
      return checkKey(reconciler, leased);
    case 'wrong_instance_key':
      return failed('wrong_instance');
    case 'rate_limited': {
      const retryAfterMs = Math.max(0, knownInstance.notBefore - clock.now());
      return afterFailure(reconciler, leased, { failure: 'rate_limited', retryAfterMs });
    }
    case 'unknown':
      return knownInstance.failure === 'unauthorized'
        ? failed('unauthorized')
        : tryAgain(reconciler, leased, 'instance_unknown');
  }
}

function afterFailure(
  reconciler: Reconciler,
  leased: LeasedReconciliation,
  failure: ProviderFailure,
): PutOff {
  if (failure.failure === 'unauthorized') return failed(failure.failure);
  if (failure.failure !== 'rate_limited') return tryAgain(reconciler, leased, failure.failure);
  const { retryAfterMs } = failure;
  return { problem: 'rate_limited', retryInMs: retryAfterMs, pauseMs: retryAfterMs };
}

function tryAgain(reconciler: Reconciler, leased: LeasedReconciliation, problem: string): PutOff {
  if (leased.attempts >= MOST_ATTEMPTS) return failed(problem);
  return { problem, retryInMs: retryDelay(leased.attempts, reconciler.chance()), pauseMs: null };
}

function failed(problem: string): PutOff {
  return { problem, retryInMs: null, pauseMs: null };
}
