import { type Executor, executeEffect } from './execute-effect.ts';
import { checkInstance, type KnownInstance } from './instance-check.ts';
import type { Budget, LeasedEffect } from './ports.ts';

export interface Dispatcher extends Executor {
  readonly budget: Budget;
  readonly knownInstance: KnownInstance;
  /** Calls at once: Workers allow six connections, one of them is the database's. */
  readonly concurrency: number;
}

/** Longer than an attempt may take; past it somebody else may try, which at worst revokes what is revoked. */
const LEASE_MS = 30_000;

/**
 * Carries out what is owed until nothing is due, the provider's budget is spent or the time is up.
 * @returns how many effects were attempted.
 */
export async function dispatchEffects(dispatcher: Dispatcher, untilMs: number): Promise<number> {
  const { store, clock, log, mode } = dispatcher;
  if (mode === 'paused') return 0;
  let attempted = 0;
  let checked = false;
  while (clock.now() < untilMs) {
    // Only what can be started at once is leased: a lease that waits would run out in the queue.
    const leased = await store.leaseEffects({
      ...dispatcher.budget,
      most: dispatcher.concurrency,
      leaseMs: LEASE_MS,
    });
    if (leased.length === 0) break;
    if (!checked) {
      const check = await checkInstance(dispatcher, dispatcher.knownInstance);
      if (check !== 'matches') {
        await Promise.all(leased.map((one) => giveBack(dispatcher, one, check)));
        break;
      }
      checked = true;
    }
    await Promise.all(leased.map((one) => attempt(dispatcher, one)));
    attempted += leased.length;
  }
  if (attempted > 0) log.info('effects_attempted', { attempted });
  return attempted;
}

async function attempt(dispatcher: Dispatcher, leased: LeasedEffect): Promise<void> {
  const { ended, calls } = await executeEffect(dispatcher, leased);
  const settled = await dispatcher.store.settleEffect(leased, ended, calls);
  dispatcher.log.info('effect_settled', { effect: leased.id, kind: leased.effect.kind, settled, calls });
}

/** The key cannot be used now: that is nobody's attempt. */
async function giveBack(dispatcher: Dispatcher, leased: LeasedEffect, why: string): Promise<void> {
  const ended = { result: 'paused', error: why, retryInMs: 5_000, pauseMs: null } as const;
  await dispatcher.store.settleEffect(leased, ended, 0);
}
