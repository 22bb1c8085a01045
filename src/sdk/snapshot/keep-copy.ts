import type { Connection } from '../client/connection.ts';
import { backoff } from './backoff.ts';
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
/** After these the copy is not believed in anything: what it missed may be a removal. */
const DISBELIEVED: readonly SnapshotProblem['code'][] = ['unreadable', 'policy_changed'];
const NOT_TO_GO_ON: readonly SnapshotProblem['code'][] = [...DISBELIEVED, 'resync_required'];

/** Fetches a copy, follows the feed, and begins again wherever that ends, until it is closed. */
export function keepCopy(keeping: Keeping): Kept {
  const { connection, freshness } = keeping;
  const over = new AbortController();
  const waitAfter = backoff(() => freshness.moment().monotonic, keeping.chance);
  let attempt = new AbortController();
  let copy: Copy | null = null;
  let goesOn = false;
  let outdated = false;
  let renewing = false;
  let renewed: Copy | null = null;
  let streamsFrom = 0;

  const use = (next: Copy): Copy => {
    [copy, goesOn, outdated, renewed] = [next, true, false, null];
    if (!over.signal.aborted) keeping.onCopy(next);
    return next;
  };
  const load = (signal: AbortSignal) => loadCopy(connection, { signal, ms: SNAPSHOT_PATIENCE_MS });

  /** Beside the feed: a large snapshot takes its time, and what the copy can tell meanwhile has to stay right. */
  const renew = async (): Promise<void> => {
    while (outdated && renewed === null && !over.signal.aborted) {
      await keeping.pause(waitAfter('snapshot'), over.signal);
      try {
        const next = await load(over.signal);
        if (outdated) renewed = next;
      } catch (error) {
        if (!over.signal.aborted) keeping.onProblem(problemOf(error));
      }
    }
    renewing = false;
    if (renewed !== null) attempt.abort();
  };
  const onOutdated = (): void => {
    outdated = true;
    if (!renewing) void renew();
    renewing = true;
  };

  const current = async (signal: AbortSignal): Promise<Copy> => {
    if (renewed !== null) return use(renewed);
    return copy !== null && goesOn ? copy : use(await load(signal));
  };

  const follow = async (signal: AbortSignal, onCurrent: () => void): Promise<void> => {
    const patience = { signal, ms: keeping.patienceMs };
    const follower = { ...keeping, copy: await current(signal), patience, onCurrent, onOutdated };
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

  /** @returns how long to wait before the next. */
  const once = async (signal: AbortSignal): Promise<number> => {
    let failure: Parameters<typeof waitAfter>[0] = 'connection';
    let atLeast = 0;
    try {
      await follow(signal, () => {
        failure = 'connection_that_was_current';
        keeping.onCurrent();
      });
    } catch (error) {
      if (over.signal.aborted || renewed !== null) return 0;
      const problem = problemOf(error);
      failed(problem);
      atLeast = problem.retryAfterMs;
      if (NOT_TO_GO_ON.includes(problem.code)) failure = 'snapshot';
    }
    return Math.max(atLeast, waitAfter(failure));
  };

  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      attempt = new AbortController();
      const ms = await once(attempt.signal);
      attempt.abort();
      attempt = new AbortController();
      if (ms > 0) await keeping.pause(ms, attempt.signal);
    }
  };

  void run();
  return {
    reconnect: () => attempt.abort(),
    close() {
      over.abort();
      attempt.abort();
    },
  };
}

function problemOf(error: unknown): SnapshotProblem {
  return error instanceof SnapshotProblem
    ? error
    : new SnapshotProblem('unreadable', 'an error', { cause: error });
}
