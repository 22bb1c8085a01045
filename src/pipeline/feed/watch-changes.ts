import type { ChangesRead, Clock, FeedChange, FeedStore, Log } from '../ports.ts';
import { RecentChanges } from './recent-changes.ts';

export interface WatchSettings {
  /** How often to look while somebody waits. */
  readonly pollMs: number;
  /** Whose users' changes matter to somebody: what tokens are bound to. */
  readonly organizations: readonly string[];
}

/** Up to where somebody knows all changes. */
export interface Position {
  readonly epoch: string;
  readonly revision: number;
}

/** One look at the database for everybody who waits in this process, however many they are. */
export interface Watch {
  /** All changes after a position that are known without a look; null where that is not known here. */
  known(position: Position): readonly FeedChange[] | null;
  /**
   * The changes after a position, as soon as there are any; none when `ms` have passed or `signal` says so.
   * @param position one that was read from the database, or known here.
   * @returns null when they have to be read from the database.
   */
  waitFor(position: Position, ms: number, signal: AbortSignal): Promise<readonly FeedChange[] | null>;
  /** Whether whoever waits knows by now what was there a moment ago. */
  isCurrent(): boolean;
  /** Something was committed here: do not wait for the next look. */
  nudge(): void;
  /** Nobody waits any more, now or later. */
  close(): void;
  isClosed(): boolean;
}

const MOST_AT_ONCE = 1_000;
/** Commits of a busy process come faster than anybody needs to be told of them one by one. */
const LEAST_PAUSE_MS = 10;

export function watchChanges(
  { store, clock, log }: { readonly store: FeedStore; readonly clock: Clock; readonly log: Log },
  settings: WatchSettings,
): Watch {
  const waiting = new Set<() => void>();
  let recent: RecentChanges | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let running = false;
  let nudged = false;
  let closed = false;
  let interrupt = (): void => undefined;

  const wakeAll = () => {
    for (const wake of waiting) wake();
  };
  const untilNudged = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const look = async (known: RecentChanges): Promise<void> => {
    const startedAt = clock.now();
    const wanted = {
      after: known.head,
      epoch: known.epoch,
      limit: MOST_AT_ONCE,
      organizations: settings.organizations,
    };
    const { changes, head }: ChangesRead = await store.readChanges(wanted);
    if (changes === null) {
      // Restored, or pruned beneath us: everybody has to find out for themselves.
      recent = null;
    } else {
      known.add(changes);
      if (known.head >= head) lookedAt = startedAt;
      else nudged = true;
    }
    if (changes === null || changes.length > 0) wakeAll();
  };

  const run = async (): Promise<void> => {
    let failing = false;
    while (recent !== null && waiting.size > 0) {
      if (!nudged) await untilNudged(settings.pollMs);
      nudged = false;
      try {
        await look(recent);
        failing = false;
      } catch (error) {
        if (!failing)
          log.error('feed_unavailable', { error: error instanceof Error ? error.name : typeof error });
        failing = true;
      }
      await new Promise((resolve) => setTimeout(resolve, LEAST_PAUSE_MS));
    }
    running = false;
    recent = null;
  };

  const rest = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      waiting.add(wake);
      if (running) return;
      running = true;
      void run();
    });

  return {
    known({ epoch, revision }) {
      if (!running || recent?.epoch !== epoch || revision > recent.head) return null;
      return recent.after(revision);
    },
    async waitFor({ epoch, revision }, ms, signal) {
      if (signal.aborted || closed || ms <= 0) return [];
      recent ??= new RecentChanges(epoch, revision);
      const followed = recent;
      if (followed.epoch !== epoch) return null;
      const there = followed.after(revision);
      if (there === null || there.length > 0) return there;
      await rest(ms, signal);
      return recent === followed || recent === null ? followed.after(revision) : null;
    },
    isCurrent: () => clock.now() - lookedAt <= 3 * settings.pollMs,
    nudge() {
      nudged = true;
      interrupt();
    },
    close() {
      closed = true;
      interrupt();
      wakeAll();
    },
    isClosed: () => closed,
  };
}
