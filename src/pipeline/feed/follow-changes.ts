import type { Clock, FeedChange, FeedStore, Log } from '../ports.ts';
import { type Position, type WatchSettings, watchChanges } from './watch-changes.ts';

export interface Feed {
  follow(follower: Follower): Promise<Followed | 'resync_required'>;
  /** Something was committed here: tell of it now. */
  nudge(): void;
  /** Lets go of all who wait, and of all who come. */
  close(): void;
  isClosed(): boolean;
}

export interface Follower {
  /** Null to begin with what comes next. */
  readonly after: number | null;
  /** Null for whichever it is. */
  readonly epoch: string | null;
  /** How many changes to give at once. */
  readonly limit: number;
  /** How long to wait while there are none. */
  readonly waitMs: number;
  /** What of all changes the follower is told. */
  readonly isTold: (change: FeedChange) => boolean;
  /** Whoever is told only of some, and further behind than this, has to begin anew. 50,000 when left out. */
  readonly mostPassedOver?: number;
  readonly signal: AbortSignal;
}

export interface Followed {
  readonly epoch: string;
  /** In order. Fewer than the limit: there were no more. */
  readonly changes: readonly FeedChange[];
  /** Where to go on. */
  readonly next: number;
}

const MOST_AT_ONCE = 1_000;
const MOST_PASSED_OVER = 50_000;

/**
 * The changes after a revision: from the database while there are any, then from the watch that everybody shares. It
 * throws `StoreUnavailable` rather than say that there is nothing when nobody knows.
 */
export function openFeed(
  parts: { readonly store: FeedStore; readonly clock: Clock; readonly log: Log },
  settings: WatchSettings,
): Feed {
  const { store, clock } = parts;
  const { organizations } = settings;
  const watch = watchChanges(parts, settings);

  const follow: Feed['follow'] = async ({
    after,
    epoch,
    limit,
    waitMs,
    isTold,
    signal,
    mostPassedOver = MOST_PASSED_OVER,
  }) => {
    const until = clock.now() + waitMs;
    const told: FeedChange[] = [];
    const over = () => signal.aborted || watch.isClosed();
    let passedOver = 0;
    const take = (from: Position, changes: readonly FeedChange[]): Position => {
      let { revision } = from;
      for (const change of changes) {
        if (told.length === limit) break;
        revision = change.revision;
        if (isTold(change)) told.push(change);
        else passedOver += 1;
      }
      return { epoch: from.epoch, revision };
    };
    const done = ({ epoch: reached, revision }: Position): Followed => ({
      epoch: reached,
      changes: told,
      next: revision,
    });

    const asked = after === null || epoch === null ? null : { epoch, revision: after };
    const known = asked === null || waitMs <= 0 ? null : watch.known(asked);
    let position = asked === null || known === null ? null : take(asked, known);
    for (;;) {
      if (position !== null) {
        if (told.length > 0) return done(position);
        const news = await watch.waitFor(position, until - clock.now(), signal);
        if (news !== null) {
          position = take(position, news);
          if (told.length > 0 || over()) return done(position);
          if (clock.now() < until) continue;
          if (watch.isCurrent()) return done(position);
        }
      }
      // Up to the end, so that a page that is not full is the last one.
      for (let behind = true; behind; ) {
        const read = await store.readChanges({
          after: position?.revision ?? after,
          epoch: position?.epoch ?? epoch,
          limit: MOST_AT_ONCE,
          organizations,
        });
        if (read.changes === null || passedOver > mostPassedOver) return 'resync_required';
        position = take(position ?? { epoch: read.epoch, revision: after ?? read.head }, read.changes);
        behind = position.revision < read.head && told.length < limit && !over();
      }
      if (position !== null && (clock.now() >= until || over())) return done(position);
    }
  };
  return { follow, nudge: watch.nudge, close: watch.close, isClosed: watch.isClosed };
}
