import { type Executor, executeEffect, logged } from './execute-effect.ts';
import { checkInstance, type InstanceCheck, type KnownInstance } from './instance-check.ts';
import type { Budget, LeasedEffect } from './ports.ts';

export interface Dispatcher extends Executor {
  readonly budget: Budget;
  readonly knownInstance: KnownInstance;
  /** Calls at once: Workers allow six connections, one of them is the database's. */
  readonly concurrency: number;
}

/** Longer than an attempt may take; past it somebody else may try, which at worst revokes what is revoked. */
const LEASE_MS = 30_000;

/** How soon to look for more while attempts are under way: one that hangs keeps nobody else waiting. */
const LOOK_AGAIN_MS = 250;

/** For how long nothing is tried with a key that cannot be used. */
const UNUSABLE_MS = 5_000;

/**
 * Carries out what is owed until nothing is due, the provider's budget is spent, the time is up or `stopping`. What is
 * under way then is waited for.
 * @returns how many effects were attempted.
 */
export async function dispatchEffects(
  dispatcher: Dispatcher,
  untilMs: number,
  stopping: () => boolean = () => false,
): Promise<number> {
  const { clock, log, mode, concurrency } = dispatcher;
  if (mode === 'paused') return 0;
  const lease = leaseUsable(dispatcher);
  const running = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  let attempted = 0;
  try {
    while (failures.length === 0 && clock.now() < untilMs && !stopping()) {
      // Only what can be started at once is leased: a lease that waits would run out in the queue.
      const leased = running.size < concurrency ? await lease(concurrency - running.size) : [];
      attempted += leased.length;
      for (const one of leased) {
        const ended: Promise<unknown> = attempt(dispatcher, one)
          .catch((error: unknown) => failures.push(error))
          .finally(() => running.delete(ended));
        running.add(ended);
      }
      if (running.size === 0) break;
      await firstOf(running, LOOK_AGAIN_MS);
    }
  } finally {
    await Promise.all(running);
    if (attempted > 0) log.info('effects_attempted', { attempted });
  }
  if (failures.length > 0) throw failures[0];
  return attempted;
}

/** Leases what may be attempted now: nothing while the key cannot be used, which is nobody's attempt. */
function leaseUsable(dispatcher: Dispatcher): (most: number) => Promise<readonly LeasedEffect[]> {
  const { store, clock, mode, knownInstance } = dispatcher;
  let usable = false;
  return async (most) => {
    const request = { ...dispatcher.budget, most, leaseMs: LEASE_MS, revoke: mode === 'enforce' };
    const leased = await store.leaseEffects(request);
    if (usable || leased.length === 0) return leased;
    const check = await checkOrPin(dispatcher, knownInstance);
    if (check === 'matches') {
      usable = true;
      return leased;
    }
    const pauseMs = check === 'rate_limited' ? Math.max(0, knownInstance.notBefore - clock.now()) : null;
    const ended = { result: 'paused', error: check, retryInMs: pauseMs ?? UNUSABLE_MS, pauseMs } as const;
    await Promise.all(leased.map((one) => store.settleEffect(one, ended, 0)));
    return [];
  };
}

/**
 * Something is owed, so a delivery was believed; if none of them named its instance, the key's is taken for it. Before
 * that a key pins nothing: a wrong one at the first start would shut out the right instance for good.
 */
async function checkOrPin(dispatcher: Dispatcher, known: KnownInstance): Promise<InstanceCheck> {
  const check = await checkInstance(dispatcher, known);
  if (check !== 'unpinned' || known.id === null) return check;
  await dispatcher.store.pinInstance(known.id);
  return checkInstance(dispatcher, known);
}

async function attempt(dispatcher: Dispatcher, leased: LeasedEffect): Promise<void> {
  const { ended, calls } = await executeEffect(dispatcher, leased);
  const settled = await dispatcher.store.settleEffect(leased, ended, calls);
  dispatcher.log.info('effect_settled', { ...logged(leased), settled, calls });
}

async function firstOf(running: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([...running, enough]);
  clearTimeout(timer);
}
