import type { Context } from 'hono';
import type { Followed } from '../../pipeline/feed/follow-changes.ts';
import { type FeedChange, StoreUnavailable } from '../../pipeline/ports.ts';
import { NOT_KEPT } from '../failure.ts';
import { pacedBody } from './paced-body.ts';

/** How often whoever is told nothing is told that there is nothing. */
const SIGN_OF_LIFE_MS = 5_000;
/** How long to leave a database alone that is away. */
const AWAY_MS = 1_000;

export interface Telling {
  /** What was there to begin with. */
  readonly first: Followed;
  next(after: Followed, waitMs: number, signal: AbortSignal): Promise<Followed | 'resync_required'>;
  /** JSON without a line break. */
  write(change: FeedChange): string;
  /** How long it may go on after these. */
  msLeft(changes: readonly FeedChange[]): number;
  /** Called once it has ended, however that came about; perhaps more than once. */
  ended?(): void;
}

/**
 * Changes as server-sent events. Nothing is kept for a reader but where it is: pages are read as fast as it takes them.
 * After any end it can resume, by `Last-Event-ID`; where it cannot, its next request is told so.
 */
export function eventStream(c: Context, telling: Telling): Response {
  const headers = { ...NOT_KEPT, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  // A HEAD is answered as a GET is, but nobody reads or ends its body.
  if (c.req.method === 'HEAD') {
    telling.ended?.();
    return c.body(null, 200, headers);
  }
  return c.body(
    pacedBody((signal) => {
      signal.addEventListener('abort', () => telling.ended?.());
      return events(telling, signal);
    }),
    200,
    headers,
  );
}

async function* events(telling: Telling, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  try {
    let page = telling.first;
    yield `retry: 1000\n${written(telling, page)}`;
    for (let left = telling.msLeft(page.changes); left > 0 && !signal.aborted; ) {
      const next = await following(telling, page, Math.min(left, SIGN_OF_LIFE_MS), signal);
      if (next === 'resync_required') return;
      if (next === 'unavailable') continue;
      page = next;
      left = telling.msLeft(page.changes);
      // Where it ends, nobody may have looked whether there is anything.
      if (page.changes.length > 0 || left > 0) yield written(telling, page);
    }
  } finally {
    telling.ended?.();
  }
}

/** While nobody knows whether there is anything, nothing is said: by that silence the reader notices. */
async function following(
  telling: Telling,
  page: Followed,
  waitMs: number,
  signal: AbortSignal,
): Promise<Followed | 'resync_required' | 'unavailable'> {
  try {
    return await telling.next(page, waitMs, signal);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    return 'unavailable';
  }
}

/** An id without data is no event, but moves where the reader resumes past what it is not told of. */
function written(telling: Telling, { changes, next }: Followed): string {
  if (changes.length === 0) return `: nothing new\nid: ${next}\n\n`;
  return changes
    .map((change) => `event: change\nid: ${change.revision}\ndata: ${telling.write(change)}\n\n`)
    .join('');
}
