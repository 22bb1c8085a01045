import type { Connection } from '../client/connection.ts';
import { applyChange } from './apply-change.ts';
import type { Copy } from './copy.ts';
import { eventReader } from './events.ts';
import type { Freshness, Moment } from './freshness.ts';
import { lineReader } from './lines.ts';
import { type Patience, pause } from './patience.ts';
import { SnapshotProblem, unreadable } from './problem.ts';
import { readChange, readPage, type SentChange } from './protocol.ts';
import { ask, chunksOf, textOf } from './requests.ts';

export interface Follower {
  readonly connection: Connection;
  readonly copy: Copy;
  readonly freshness: Freshness;
  /** For a sign of life; also how often one is asked for where none comes by itself. */
  readonly patience: Patience;
  onApplied(change: SentChange): void;
  /** There are questions that the copy cannot answer any more; the changes still tell the others. */
  onOutdated(): void;
  /** The copy contains all that was there a moment ago. */
  onCurrent(): void;
}

/** Fewer than these: nothing more was there when it was asked. */
const PAGE = 500;

/** Asks until nothing new is left: only then is anything known about how current the copy is. */
export async function catchUp(follower: Follower): Promise<void> {
  for (;;) {
    const asked = follower.freshness.moment();
    const page = await askForPage(follower, 0);
    if (page.length >= PAGE) continue;
    confirm(follower, asked);
    return;
  }
}

/**
 * Takes changes as they are pushed, until the stream ends.
 * @returns whether anything came: a proxy that holds a stream back until it ends makes it worthless.
 */
export async function stream(follower: Follower): Promise<'ended' | 'silent' | 'no_stream'> {
  const { connection, copy, patience } = follower;
  const response = await ask(connection, `/v1/changes?${position(copy)}`, 'text/event-stream', patience);
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    response.body?.cancel().catch(() => undefined);
    return 'no_stream';
  }
  const lines = lineReader();
  const read = eventReader();
  let heard = false;
  try {
    for await (const chunk of chunksOf(response, patience)) {
      let alive = false;
      for (const line of lines.push(chunk)) {
        const event = read(line);
        if (event === null) continue;
        alive = true;
        if (event.type === 'event') take(follower, changeOf(event));
        if (event.type === 'position') moveTo(copy, Number(event.id));
      }
      if (alive) confirm(follower, follower.freshness.moment());
      heard ||= alive;
    }
  } catch (error) {
    if (!heard && error instanceof SnapshotProblem && error.code === 'silent') return 'silent';
    throw error;
  }
  return 'ended';
}

/** Asks again and again, each time for as long as the server has the patience to wait. */
export async function poll(follower: Follower, until: () => boolean): Promise<void> {
  const { freshness, patience } = follower;
  const wait = Math.floor(patience.ms / 2_000);
  while (!until()) {
    const asked = freshness.moment();
    const page = await askForPage(follower, wait);
    if (page.length >= PAGE) continue;
    confirm(follower, freshness.moment());
    // A server that does not wait must not be asked without a pause.
    const waited = freshness.moment().monotonic - asked.monotonic;
    if (page.length === 0) await pause(Math.max(0, patience.ms / 2 - waited), patience.signal);
  }
}

async function askForPage(follower: Follower, wait: number): Promise<readonly SentChange[]> {
  const { connection, copy, patience } = follower;
  const path = `/v1/changes?${position(copy)}&limit=${PAGE}&wait=${wait}`;
  const page = readPage(await textOf(await ask(connection, path, 'application/json', patience), patience));
  if (page.epoch !== copy.epoch) throw new SnapshotProblem('resync_required', 'the database was restored');
  for (const change of page.changes) take(follower, change);
  moveTo(copy, page.next);
  return page.changes;
}

function take(follower: Follower, change: SentChange): void {
  const outcome = applyChange(follower.copy, change);
  follower.onApplied(change);
  if (outcome === 'renew') follower.onOutdated();
}

/** Past changes that are about others. */
function moveTo(copy: Copy, revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < copy.revision) throw unreadable('a feed that goes back');
  copy.revision = revision;
}

function confirm({ freshness, onCurrent }: Follower, at: Moment): void {
  // On to another connection: what is heard on it was said after the jump.
  if (!freshness.confirm(at)) throw new SnapshotProblem('clock_jumped', 'a clock jumped');
  onCurrent();
}

function changeOf({ event, id, data }: { event: string; id: string | null; data: string }): SentChange {
  if (event !== 'change') throw unreadable('an event of an unknown type');
  const change = readChange(data);
  if (id !== null && id !== String(change.revision)) throw unreadable('an event under another’s number');
  return change;
}

function position({ revision, epoch }: Copy): string {
  return new URLSearchParams({ after: String(revision), epoch }).toString();
}
