import type { Connection } from '../client/connection.ts';
import type { Copy } from './copy.ts';
import { catchUp, poll, stream } from './follow-feed.ts';
import type { Freshness } from './freshness.ts';
import { loadCopy } from './load-copy.ts';
import type { pause } from './patience.ts';
import { SnapshotProblem } from './problem.ts';
import type { SentChange } from './protocol.ts';

export interface Keeping {
  readonly connection: Connection;
  readonly freshness: Freshness;
  /** A stream that says nothing for so long is given up. */
  readonly patienceMs: number;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly pause: typeof pause;
  onCopy(copy: Copy | null): void;
  onCurrent(): void;
  onApplied(change: SentChange): void;
  onProblem(problem: SnapshotProblem): void;
}

export interface Kept {
  /** Drops the connection for another one. */
  reconnect(): void;
  close(): void;
}

/** A snapshot may take its time before the first line, and between two. */
const SNAPSHOT_PATIENCE_MS = 30_000;
/** Where no stream gets through, one is tried again after so long. */
const POLLING_MS = 60_000;
/** Whoever held out for so long has not failed again, but for the first time. */
const CALM_MS = 60_000;
/** A new copy beside an old one that can still answer most. */
const RENEWED_WITHIN_MS = 1_000;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [250, 30_000];

/** After these the copy is not believed in anything: what it missed may be a removal. */
const DISBELIEVED: readonly SnapshotProblem['code'][] = ['unreadable', 'policy_changed'];
const NOT_TO_GO_ON: readonly SnapshotProblem['code'][] = [...DISBELIEVED, 'resync_required'];

/** Fetches a copy, follows the feed, and begins again wherever that ends, until it is closed. */
export function keepCopy(keeping: Keeping): Kept {
  const { connection, freshness } = keeping;
  let closed = false;
  let attempt = new AbortController();
  let copy: Copy | null = null;
  let goesOn = false;
  let outdated = false;
  let renewed: Copy | null = null;
  let streamsFrom = 0;

  const use = (next: Copy): Copy => {
    [copy, goesOn, outdated, renewed] = [next, true, false, null];
    if (!closed) keeping.onCopy(next);
    return next;
  };
  const load = (signal: AbortSignal) => loadCopy(connection, { signal, ms: SNAPSHOT_PATIENCE_MS });

  /** Beside the feed: a large snapshot takes its time, and what the copy can tell meanwhile has to stay right. */
  const renew = async (signal: AbortSignal, end: () => void): Promise<void> => {
    try {
      // As everybody was told of the same moment.
      await keeping.pause(keeping.chance() * RENEWED_WITHIN_MS, signal);
      if (!signal.aborted) renewed = await load(signal);
    } catch (error) {
      if (!signal.aborted) keeping.onProblem(problemOf(error));
    }
    end();
  };

  const follow = async ({ signal }: AbortController, end: () => void): Promise<void> => {
    const current = copy !== null && goesOn ? copy : use(await load(signal));
    let renewing = false;
    const onOutdated = (): void => {
      outdated = true;
      if (!renewing) void renew(signal, end);
      renewing = true;
    };
    if (outdated) onOutdated();
    const follower = { ...keeping, copy: current, patience: { signal, ms: keeping.patienceMs }, onOutdated };
    await catchUp(follower);
    if (freshness.moment().monotonic >= streamsFrom) {
      if ((await stream(follower)) === 'ended') return;
      streamsFrom = freshness.moment().monotonic + POLLING_MS;
    }
    await poll(follower, () => freshness.moment().monotonic >= streamsFrom);
  };

  const failed = (problem: SnapshotProblem): void => {
    if (NOT_TO_GO_ON.includes(problem.code)) goesOn = false;
    if (DISBELIEVED.includes(problem.code)) {
      copy = null;
      keeping.onCopy(null);
    }
    keeping.onProblem(problem);
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !closed; failures += 1) {
      const current = new AbortController();
      attempt = current;
      const began = freshness.moment().monotonic;
      let atLeast = 0;
      try {
        await follow(current, () => current.abort());
      } catch (error) {
        if (closed) return;
        const problem = problemOf(error);
        atLeast = problem.retryAfterMs;
        if (renewed === null) failed(problem);
      } finally {
        current.abort();
      }
      if (renewed !== null) {
        use(renewed);
        continue;
      }
      if (freshness.moment().monotonic - began > CALM_MS) failures = 0;
      // Spread, since whatever made one server's clients begin again did it to all of them at once.
      const backoff = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      attempt = new AbortController();
      await keeping.pause(Math.max(atLeast, backoff * (1 + keeping.chance()) * 0.5), attempt.signal);
    }
  };

  void run();
  return {
    reconnect: () => attempt.abort(),
    close() {
      closed = true;
      attempt.abort();
    },
  };
}

function problemOf(error: unknown): SnapshotProblem {
  return error instanceof SnapshotProblem
    ? error
    : new SnapshotProblem('unreadable', 'an error', { cause: error });
}
