import { type Clock, FORGETTABLE, type Forgettable, type Log, type UpkeepStore } from '../ports.ts';

export interface Retention {
  /** Of payloads, and of how things came about: attempts, replays, settled effects, differences. */
  readonly payloadDays: number;
  /** Of the trail of changes; null for ever. */
  readonly changeDays: number | null;
}

const EVERY_MS = 60 * 60_000;

/** Rows that are locked at once, for some milliseconds. */
const BATCH = 1_000;

/** Forgets what is old, in batches that are transactions of their own, if nobody has done so within the hour. */
export async function forgetOld(
  parts: {
    readonly upkeep: UpkeepStore;
    readonly clock: Clock;
    readonly log: Log;
    readonly retention: Retention;
  },
  untilMs: number,
  stopping: () => boolean,
): Promise<void> {
  const { upkeep, clock, log, retention } = parts;
  if (!(await upkeep.beginForgetting(EVERY_MS))) return;
  const forgotten: Partial<Record<Forgettable, number>> = {};
  let finished = true;
  for (const what of FORGETTABLE) {
    const days = daysOf(what, retention);
    if (days === null) continue;
    for (let more = true; more; ) {
      if (stopping() || clock.now() >= untilMs) {
        finished = false;
        break;
      }
      const count = await upkeep.forget(what, days, BATCH);
      if (count > 0) forgotten[what] = (forgotten[what] ?? 0) + count;
      more = count >= BATCH;
    }
  }
  if (!finished) await upkeep.putOffForgetting();
  if (Object.keys(forgotten).length > 0) log.info('forgotten', forgotten);
}

function daysOf(what: Forgettable, { payloadDays, changeDays }: Retention): number | null {
  if (what === 'changes') return changeDays;
  // Over by themselves: there is no time to wait for.
  if (what === 'invited' || what === 'console_sessions' || what === 'reconciled') return 0;
  return payloadDays;
}
