import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { type Feed, type Followed, openFeed } from '../../src/pipeline/feed/follow-changes.ts';
import { type FeedStore, StoreUnavailable } from '../../src/pipeline/ports.ts';
import { postgresDownloads } from '../../src/store/postgres/downloads.ts';
import { postgresFeedStore } from '../../src/store/postgres/feed-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker({ connections: 4 });
  rig.clerk.createOrganization({ id: 'org_acme' });
  // The first of them brings the role along.
  await tell(join);
});
afterAll(() => rig.stop());

let users = 0;
/** Somebody joins: one change. */
const join = () => {
  users += 1;
  rig.clerk.createUser({ id: `user_${users}` });
  rig.clerk.addMember('org_acme', `user_${users}`, 'org:member');
};
const tell = async (change?: () => void) => {
  change?.();
  for (const delivery of await rig.news()) await worker.process([delivery]);
};

const clock = { now: () => Date.now() };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** A feed on the database, which counts how often it is asked. */
const feedOn = (change: (real: FeedStore) => FeedStore = (real) => real) => {
  const asked = { times: 0 };
  const real = postgresFeedStore(worker.statements, postgresDownloads(rig.url, { most: 1 }));
  const counting: FeedStore = {
    ...real,
    readChanges(wanted) {
      asked.times += 1;
      return real.readChanges(wanted);
    },
  };
  const feed = openFeed({ store: change(counting), clock, log }, { pollMs: 20, organizations: [] });
  return { feed, asked };
};
const told = (page: Followed | 'resync_required'): Followed => {
  if (page === 'resync_required') throw new Error(page);
  return page;
};
const never = new AbortController().signal;
const all = { limit: 500, isTold: () => true, signal: never };
const now = async (feed: Feed) => told(await feed.follow({ ...all, after: null, epoch: null, waitMs: 0 }));
const goOn = async (
  feed: Feed,
  { epoch, next }: Followed,
  more: Partial<Parameters<Feed['follow']>[0]> = {},
) => told(await feed.follow({ ...all, after: next, epoch, waitMs: 20_000, ...more }));
const revisions = ({ changes }: Followed) => changes.map(({ revision }) => revision);

describe('the order of changes', () => {
  it('is that of commits, whichever transaction began first, and whoever holds one open', async () => {
    const { feed } = feedOn();
    const from = await now(feed);
    // In another database of the cluster, and in this one: older than everything that follows, and writing.
    const foreign = postgres(inject('databaseUrl'), { max: 1, onnotice: () => undefined });
    const late = postgres(rig.url, { max: 1, onnotice: () => undefined });
    await foreign`begin`;
    await foreign`select pg_current_xact_id()`;
    await late`begin`;
    await late`select pg_current_xact_id()`;

    const first = goOn(feed, from);
    await tell(join);
    expect(revisions(await first)).toEqual([from.next + 1]);

    const second = goOn(feed, await first, { waitMs: 0 });
    expect(revisions(await second)).toEqual([]);
    const change = { kind: 'cut_off', organizationId: 'org_acme', userId: 'user_late', at: 1, cause: 'test' };
    await late`select rolecall.commit_decision(${late.json({ changes: [change] })})`;
    // It has its revision, and is not there: whoever comes after it waits for it.
    const waiting = goOn(feed, await second);
    const blocked = tell(join);
    const [row] =
      await rig.sql`select count(*)::int as n from rolecall.changes where revision > ${from.next + 1}`;
    expect(row?.['n']).toBe(0);
    await late`commit`;
    await blocked;
    const seen = [...revisions(await waiting)];
    for (let page = await waiting; seen.length < 2; ) {
      page = await goOn(feed, page);
      seen.push(...revisions(page));
    }
    expect(seen).toEqual([from.next + 2, from.next + 3]);
    await foreign`rollback`;
    await Promise.all([foreign.end(), late.end()]);
  });

  it('has no gap for anybody, while many write at once', async () => {
    const { feed } = feedOn();
    const from = await now(feed);
    const writers = Array.from({ length: 4 }, () => rig.worker());
    for (let count = 0; count < 60; count += 1) join();
    const news = await rig.news();
    const expected = 60;
    const readers = Array.from({ length: 20 }, async (_, index) => {
      const seen: number[] = [];
      for (let page = from; seen.length < expected; ) {
        page = await goOn(feed, page, { limit: 1 + index });
        seen.push(...revisions(page));
      }
      return seen;
    });
    // Each takes its own users, whole.
    await Promise.all(
      writers.map(async (writer, index) => {
        for (const [at, delivery] of news.entries()) {
          if (Math.floor(at / 2) % writers.length === index) await writer.process([delivery]);
        }
      }),
    );
    const every = Array.from({ length: expected }, (_, index) => from.next + 1 + index);
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(every);
  });
});

describe('thousands who wait', () => {
  it('cost one look at the database at a time, and hear of a change together', async () => {
    const { feed, asked } = feedOn();
    const from = await now(feed);
    const READERS = 3_000;
    let pages = 0;
    const readers = Array.from({ length: READERS }, async () => {
      let page = await goOn(feed, from);
      pages += 1;
      const first = revisions(page);
      page = await goOn(feed, page);
      return [...first, ...revisions(page)];
    });
    await tell(join);
    // The second change comes when everybody has heard of the first one and waits again.
    while (pages < READERS) await new Promise((resolve) => setImmediate(resolve));
    const before = asked.times;
    await tell(join);
    const two = [from.next + 1, from.next + 2];
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(two);
    expect(asked.times - before).toBeLessThan(READERS / 10);
  });

  it('are told at once of what is committed in their own process', async () => {
    const { feed } = feedOn();
    const slow = openFeed(
      {
        store: postgresFeedStore(worker.statements, postgresDownloads(rig.url, { most: 1 })),
        clock,
        log,
      },
      { pollMs: 3_600_000, organizations: [] },
    );
    const from = await now(feed);
    const waiting = goOn(slow, from);
    await tell(join);
    slow.nudge();
    expect(revisions(await waiting)).toEqual([from.next + 1]);
  });

  it('are let go of when the feed is closed, and when they go away', async () => {
    const { feed } = feedOn();
    const from = await now(feed);
    const gone = new AbortController();
    const leaving = goOn(feed, from, { signal: gone.signal });
    const staying = goOn(feed, from);
    gone.abort();
    expect(revisions(await leaving)).toEqual([]);
    feed.close();
    expect(await staying).toEqual(from);
    expect(await goOn(feed, from)).toEqual(from);
  });
});

describe('a database that is away', () => {
  it('is never taken for one without changes', async () => {
    let away = false;
    const { feed } = feedOn((real) => ({
      ...real,
      readChanges: (wanted) =>
        away ? Promise.reject(new StoreUnavailable('away')) : real.readChanges(wanted),
    }));
    const from = await now(feed);
    away = true;
    await expect(goOn(feed, from, { waitMs: 0 })).rejects.toThrow(StoreUnavailable);
    await expect(goOn(feed, from, { waitMs: 100 })).rejects.toThrow(StoreUnavailable);
    away = false;
    const waiting = goOn(feed, from);
    away = true;
    await tell(join);
    away = false;
    expect(revisions(await waiting)).toEqual([from.next + 1]);
  });
});

test('whoever is told only of some does not make anybody search for long', async () => {
  const { feed } = feedOn();
  const from = await now(feed);
  for (let count = 0; count < 5; count += 1) join();
  await tell();
  const nothing = { isTold: () => false, waitMs: 0 };
  expect(await goOn(feed, from, nothing)).toMatchObject({ changes: [], next: from.next + 5 });
  // Looked through a page at a time, each of a thousand.
  await rig.sql`
    with counted as (update rolecall.counter set revision = revision + 3000 returning revision)
    insert into rolecall.changes (revision, kind, organization_id, user_id, at, cause)
    select c.revision - 3000 + n, 'cut_off', 'org_acme', 'user_x', 1, 'test' from counted as c, generate_series(1, 3000) as n`;
  const follower = { ...all, ...nothing, after: from.next, epoch: from.epoch };
  expect(await feed.follow({ ...follower, mostPassedOver: 1_500 })).toBe('resync_required');
  expect(await feed.follow(follower)).toMatchObject({ next: from.next + 3_005 });
});
