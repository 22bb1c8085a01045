/** What failed. A snapshot is dear to the server; a connection is not, and the copy grows old without one. */
type Failure = 'snapshot' | 'connection' | 'connection_that_was_current';

const FIRST_MS = 250;
const LONGEST_MS: Readonly<Record<Failure, number>> = {
  snapshot: 30_000,
  connection: 10_000,
  connection_that_was_current: 2_000,
};
/** What held for so long has not failed again, but for the first time. */
const CALM_MS = 60_000;

/**
 * How long to wait after a failure, milliseconds: twice as long each time, and spread, since whatever made one server's
 * clients begin again did it to all of them at once. Each kind by itself: ten cuts are no reason to wait for a snapshot.
 * @param chance from 0 to 1.
 */
export function backoff(monotonic: () => number, chance: () => number): (failure: Failure) => number {
  const last = new Map<Failure, { readonly at: number; readonly count: number }>();
  return (failure) => {
    const at = monotonic();
    const before = last.get(failure);
    const count = before === undefined || at - before.at > CALM_MS ? 0 : before.count + 1;
    last.set(failure, { at, count });
    return Math.min(FIRST_MS * 2 ** count, LONGEST_MS[failure]) * (1 + chance()) * 0.5;
  };
}
