import { afterEach, describe, expect, it } from 'vitest';
import { type FakeFeed, fakeFeed, member, NOW, type Opened, open, role, told } from './support/fake-feed.ts';

const opened: Opened[] = [];
afterEach(() => {
  for (const { snapshot } of opened.splice(0)) snapshot.close();
});

const begin = (feed: FakeFeed, options: Parameters<typeof open>[1] = {}): Opened => {
  const one = open(feed, options);
  opened.push(one);
  return one;
};
const openStreams = (feed: FakeFeed) => feed.streams.filter((stream) => stream.isOpen);
const connected = (feed: FakeFeed, after = 0) =>
  expect.poll(() => [feed.streams.length > after, openStreams(feed).length]).toEqual([true, 1]);

async function ready(feed = company(), options: Parameters<typeof open>[1] = {}): Promise<Opened> {
  const one = begin(feed, options);
  await one.snapshot.ready;
  await connected(feed);
  return one;
}

const company = () =>
  fakeFeed([
    role('org:admin', ['invoices:read']),
    member('user_ada', 'org:admin'),
    member('user_bob', 'org:admin'),
  ]);
const may = ({ snapshot }: Opened, user = 'user_ada') => snapshot.can(user, 'org_acme', 'invoices:read');
const removed = (user = 'user_ada') => told('removed', user, null, []);
const snapshots = (feed: FakeFeed) => feed.requests.filter((url) => url.pathname === '/v1/snapshot').length;

/** A body that is written by hand. */
function byHand() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (started) => {
      controller = started;
    },
  });
  return {
    body,
    write: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    close: () => controller?.close(),
  };
}

describe('until it is complete', () => {
  it('a copy answers no, however slowly the snapshot comes, and then what it says', async () => {
    const feed = company();
    const slow = byHand();
    feed.instead('/v1/snapshot', () => new Response(slow.body));
    const one = begin(feed);
    for (const line of feed.snapshotText().split(/(?<=\n)/)) {
      slow.write(line.slice(0, 10));
      await new Promise((resolve) => setImmediate(resolve));
      expect([may(one), one.snapshot.revision, one.snapshot.lag()]).toEqual([
        false,
        null,
        Number.POSITIVE_INFINITY,
      ]);
      slow.write(line.slice(10));
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(may(one)).toBe(false);
    slow.close();
    await one.snapshot.ready;
    expect(may(one)).toBe(true);
  });

  it.each([
    ['breaks off before its end', (text: string) => text.slice(0, text.lastIndexOf('{'))],
    ['has fewer members than it says', (text: string) => text.replace('"members":2', '"members":3')],
    ['ends as another one', (text: string) => text.replace(/"end","revision":7/, '"end","revision":8')],
    ['goes on after its end', (text: string) => `${text}{"kind":"session","session":"s","ended":true}\n`],
    ['begins in the middle', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['begins twice', (text: string) => `${text.slice(0, text.indexOf('\n') + 1)}${text}`],
    ['names a member twice', (text: string) => text.replace('user_bob', 'user_ada')],
    ['has lines of an unknown kind', (text: string) => text.replace('"kind":"role"', '"kind":"rôle"')],
    [
      'has a grant under a condition that is not known',
      (text: string) =>
        text.replace('"permission":"invoices:read"', '"permission":"invoices:read","until":"noon"'),
    ],
    ['has a cutoff that is no time', (text: string) => text.replace('"cutoff":null', '"cutoff":"soon"')],
    ['is something else', () => '<html></html>'],
    ['is empty', () => ''],
  ])('a snapshot that %s is worth nothing, and fetched again', async (_, spoil) => {
    const feed = company();
    feed.instead('/v1/snapshot', () => new Response(spoil(feed.snapshotText())));
    let during: boolean | null = null;
    feed.instead('/v1/snapshot', () => {
      during = may(one);
      return new Response(feed.snapshotText());
    });
    const one = begin(feed);
    await one.snapshot.ready;
    expect([during, may(one)]).toEqual([false, true]);
    expect(one.problems).toEqual(['unreadable']);
  });

  it('nothing is believed of bytes that are no UTF-8', async () => {
    const feed = company();
    const bytes = new TextEncoder().encode(feed.snapshotText());
    bytes[bytes.length - 40] = 0xff;
    feed.instead('/v1/snapshot', () => new Response(bytes));
    const one = begin(feed);
    await one.snapshot.ready;
    expect(one.problems).toEqual(['unreadable']);
  });

  it('a copy waits longer each time, and as long as it is told to', async () => {
    const feed = company();
    const refuse = (headers = {}) => feed.instead('/', () => new Response('{}', { status: 503, headers }));
    for (let failure = 0; failure < 9; failure += 1) refuse();
    refuse({ 'retry-after': '45' });
    const one = begin(feed);
    await one.snapshot.ready;
    expect(one.pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 45_000]);
    expect(new Set(one.problems)).toEqual(new Set(['refused']));
  });
});

describe('a cut', () => {
  it.each(['end', 'break'] as const)(
    'of the stream (%s) loses nothing that happened meanwhile',
    async (how) => {
      const one = await ready();
      const { feed } = one;
      feed.push(removed(), { onlyLog: true });
      openStreams(feed)[0]?.[how]();
      await connected(feed, 1);
      expect([may(one), may(one, 'user_bob')]).toEqual([false, true]);
      feed.push(removed('user_bob'));
      await expect.poll(() => may(one, 'user_bob')).toBe(false);
      expect(snapshots(feed)).toBe(1);
      expect(feed.requests.at(-1)?.searchParams.get('after')).toBe('8');
    },
  );

  it('goes on after what was passed over', async () => {
    const one = await ready();
    openStreams(one.feed)[0]?.send(': nothing new\nid: 7\n\n');
    one.feed.push({ kind: 'restored', user: 'u' }, { revision: 20, onlyLog: true });
    openStreams(one.feed)[0]?.send(': nothing new\nid: 20\n\n');
    await expect.poll(() => one.snapshot.revision).toBe(20);
    openStreams(one.feed)[0]?.end();
    await connected(one.feed, 1);
    expect(one.feed.requests.at(-1)?.searchParams.get('after')).toBe('20');
    openStreams(one.feed)[0]?.send('id: 19\n\n');
    await expect.poll(() => one.problems).toEqual(['unreadable']);
  });

  it('in the middle of an event is not that event', async () => {
    const one = await ready();
    const { feed } = one;
    const [stream] = openStreams(feed);
    const revision = feed.push(removed(), { onlyLog: true });
    stream?.send(
      `id: ${revision}\nevent: change\ndata: {"revision":8,"kind":"restored","user":"user_ada"}\n`,
    );
    stream?.end();
    await expect.poll(() => may(one)).toBe(false);
    expect(one.problems).toEqual([]);
  });

  it('between two pages of changes goes on where it was', async () => {
    const feed = company();
    const one = await ready(feed);
    for (let n = 0; n < 1_100; n += 1) feed.push({ kind: 'password_changed', user: 'u' }, { onlyLog: true });
    feed.push(removed(), { onlyLog: true });
    feed.instead('/v1/changes?after=507', () => Response.error());
    openStreams(feed)[0]?.end();
    await expect.poll(() => may(one)).toBe(false);
    const asked = feed.requests.filter((url) => url.searchParams.has('wait'));
    expect(asked.map((url) => url.searchParams.get('after'))).toEqual(['7', '7', '507', '507', '1007']);
  });

  it('answers from what is there until the bound is passed, and no longer', async () => {
    const one = await ready(company(), { maxLagMs: 20_000 });
    const { feed, clock } = one;
    for (let n = 0; n < 1_000; n += 1) feed.instead('/v1/changes', () => Response.error());
    openStreams(feed)[0]?.break();
    await expect.poll(() => one.problems.length).toBeGreaterThan(3);
    clock.pass(20_000);
    expect([may(one), one.snapshot.lag()]).toEqual([true, 20_000]);
    clock.pass(1);
    expect([may(one), one.snapshot.lag()]).toEqual([false, 20_001]);
    expect(snapshots(feed)).toBe(1);
  });

  it('is followed by another connection soon, however often it happens', async () => {
    const one = await ready();
    for (let cut = 1; cut < 8; cut += 1) {
      openStreams(one.feed)[0]?.break();
      await connected(one.feed, cut);
    }
    expect(one.pauses).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000, 2_000]);
    expect(snapshots(one.feed)).toBe(1);
  });

  it('is noticed where the stream only falls silent', async () => {
    const feed = company();
    const one = await ready(feed, { maxLagMs: 100 });
    feed.heartbeat();
    feed.push(removed(), { onlyLog: true });
    await expect.poll(() => may(one)).toBe(false);
    expect(one.snapshot.revision).toBe(8);
  });
});

describe('a feed that cannot be gone on with', () => {
  const expectRenewed = async (one: Opened, problem: string) => {
    await expect.poll(() => snapshots(one.feed)).toBe(2);
    await connected(one.feed, 1);
    expect(one.problems).toEqual([problem]);
    expect(may(one)).toBe(true);
  };

  it.each([
    [
      'has forgotten what comes next',
      (feed: FakeFeed) => {
        feed.prunedTo = 9;
        for (let n = 0; n < 3; n += 1) feed.push({ kind: 'password_changed', user: 'u' }, { onlyLog: true });
      },
    ],
    [
      'is of a database that was restored',
      (feed: FakeFeed) => {
        feed.epoch = 'epoch-2';
      },
    ],
    [
      'is behind, as of a database that was restored unnoticed',
      (feed: FakeFeed) => void feed.push(removed('user_x'), { revision: 3, onlyLog: true }),
    ],
  ])(
    'because it %s is begun anew, and meanwhile the old copy answers within its bound',
    async (_, change) => {
      const one = await ready();
      const during: boolean[] = [];
      const { feed, clock } = one;
      feed.instead('/v1/snapshot', () => {
        during.push(may(one));
        clock.pass(30_001);
        during.push(may(one));
        return new Response(feed.snapshotText());
      });
      change(feed);
      openStreams(feed)[0]?.end();
      await expectRenewed(one, 'resync_required');
      expect(during).toEqual([true, false]);
      expect(one.snapshot.epoch).toBe(feed.epoch);
    },
  );

  it('is noticed also where the page is of another epoch', async () => {
    const one = await ready();
    const { feed } = one;
    feed.instead('/v1/changes', () => Response.json({ epoch: 'epoch-2', changes: [], next: 7 }));
    openStreams(feed)[0]?.end();
    await expectRenewed(one, 'resync_required');
  });

  const event = (data: string, { id = '8', type = 'change' } = {}) =>
    `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
  const sent = (change: object) => JSON.stringify({ revision: 8, cutoff: null, ...change });
  it.each([
    ['a change of an unknown kind', event(sent({ kind: 'promoted', user: 'user_ada' }))],
    ['a change that lacks something', event(sent({ kind: 'granted', user: 'user_ada' }))],
    ['a change under another’s number', event(sent({ kind: 'restored', user: 'u' }), { id: '9' })],
    [
      'a change that was there before',
      event(sent({ kind: 'restored', user: 'u', revision: 7 }), { id: '7' }),
    ],
    ['an event of an unknown type', event('{}', { type: 'surprise' })],
    ['something that is no JSON', event('{"revision":8')],
    ['an end of a session that is not named', event(sent({ kind: 'session_ended' }))],
    [
      'a cutoff of something unknown',
      event(
        sent({ kind: 'restored', user: 'u', cutoff: { of: 'tribe', id: 'x', at: '2026-01-01T00:00:00Z' } }),
      ),
    ],
  ])('because of %s is believed in nothing until there is a new copy', async (_, garbage) => {
    const one = await ready();
    let during: boolean | null = null;
    one.feed.instead('/v1/snapshot', () => {
      during = may(one);
      return new Response(one.feed.snapshotText());
    });
    openStreams(one.feed)[0]?.send(garbage);
    await expectRenewed(one, 'unreadable');
    expect(during).toBe(false);
  });

  it('because changes come in another order is believed in nothing', async () => {
    const one = await ready();
    one.feed.push({ kind: 'restored', user: 'u' }, { revision: 12 });
    openStreams(one.feed)[0]?.send(event(sent({ kind: 'restored', user: 'u', revision: 11 }), { id: '11' }));
    await expect.poll(() => one.problems).toEqual(['unreadable']);
  });

  it('because of bytes that are no UTF-8 is believed in nothing', async () => {
    const one = await ready();
    openStreams(one.feed)[0]?.bytes(Uint8Array.of(0x3a, 0xc3, 0x28, 0x0a));
    await expectRenewed(one, 'unreadable');
  });

  it('because of a line without an end fills no memory', async () => {
    const one = await ready();
    openStreams(one.feed)[0]?.bytes(new Uint8Array(2 ** 20 + 1).fill(0x61));
    await expectRenewed(one, 'unreadable');
  });

  it('again and again is asked for less and less often', async () => {
    const feed = company();
    feed.lines.push({ kind: 'from_the_future' });
    const one = begin(feed);
    await expect.poll(() => one.pauses.length).toBeGreaterThan(8);
    expect(one.pauses.slice(0, 9)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(may(one)).toBe(false);
  });
});

describe('without a stream', () => {
  it('a copy asks, and waits for the answer, if the server has none', async () => {
    const feed = company();
    const one = begin(feed, { maxLagMs: 8_000 });
    feed.instead('/v1/changes?after=7&epoch=epoch-1&limit', () =>
      Response.json({ epoch: 'epoch-1', changes: [], next: 7 }),
    );
    feed.instead('/v1/changes?after=7&epoch=epoch-1', () =>
      Response.json({ epoch: 'epoch-1', changes: [], next: 7 }),
    );
    await expect.poll(() => feed.requests.at(-1)?.searchParams.get('wait')).toBe('2');
    expect(feed.streams).toEqual([]);
    feed.push(removed());
    await expect.poll(() => may(one)).toBe(false);
    expect(one.problems).toEqual([]);
  });

  it('a copy asks if a proxy holds the stream back', async () => {
    const feed = company();
    const one = begin(feed, { maxLagMs: 60 });
    await one.snapshot.ready;
    const polling = () => feed.requests.filter((url) => url.searchParams.has('wait')).length;
    await expect.poll(() => polling()).toBeGreaterThan(3);
    expect(openStreams(feed)).toEqual([]);
    feed.push(removed(), { onlyLog: true });
    await expect.poll(() => one.snapshot.revision).toBe(8);
    expect(may(one)).toBe(false);
  });
});

describe('a clock', () => {
  it.each([
    ['slept through an hour', 3_600_000],
    ['was set back a minute', -60_000],
  ])('that %s makes the copy know nothing until it has asked anew', async (_, ms) => {
    const one = await ready();
    const { feed, clock, snapshot } = one;
    feed.push(removed(), { onlyLog: true });
    clock.jump(ms);
    expect([may(one), may(one, 'user_bob'), snapshot.lag()]).toEqual([
      false,
      false,
      Number.POSITIVE_INFINITY,
    ]);
    // Set right again, it is not believed either: nobody knows what was missed.
    clock.jump(-ms);
    expect(may(one, 'user_bob')).toBe(false);
    await expect.poll(() => may(one, 'user_bob')).toBe(true);
    expect(may(one)).toBe(false);
    expect(snapshots(feed)).toBe(1);
  });

  it('that jumped makes worthless what was waiting in a buffer', async () => {
    const one = await ready();
    one.clock.jump(3_600_000);
    one.feed.heartbeat();
    await expect.poll(() => one.problems).toEqual(['clock_jumped']);
    await expect.poll(() => may(one)).toBe(true);
    expect(one.feed.streams.length).toBeGreaterThan(1);
  });

  it('that only drifts is a clock like any other', async () => {
    const one = await ready();
    one.clock.jump(900);
    one.clock.pass(100);
    expect(may(one)).toBe(true);
    one.feed.heartbeat();
    await expect.poll(() => one.snapshot.lag()).toBe(0);
    one.clock.jump(900);
    expect(may(one)).toBe(true);
  });
});

describe('past its bound, a copy that trusts tokens', () => {
  const second = Math.floor(NOW / 1_000);
  const stale = async (options = {}) => {
    const one = await ready(company(), { maxLagMs: 20_000, whenStale: 'trust-token', ...options });
    for (let n = 0; n < 1_000; n += 1) one.feed.instead('/v1/changes', () => Response.error());
    openStreams(one.feed)[0]?.break();
    one.clock.pass(40_000);
    return one;
  };
  const carrying = ({ snapshot }: Opened, issued: number, user = 'user_ada') =>
    snapshot.can(user, 'org_acme', 'invoices:read', {
      token: { sessionId: 'sess_1', issuedAt: second + issued },
    });

  it('answers those whose token was issued since it was current, and is alive', async () => {
    const one = await stale();
    expect(may(one)).toBe(false);
    expect([carrying(one, -1), carrying(one, 0), carrying(one, 1), carrying(one, 40)]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    one.clock.pass(21_000);
    expect([carrying(one, 1), carrying(one, 2)]).toEqual([false, true]);
  });

  it('gives nobody more than it knows', async () => {
    const one = await stale();
    expect(carrying(one, 10, 'user_cyd')).toBe(false);
    expect(
      one.snapshot.can('user_ada', 'org_acme', 'invoices:burn', {
        token: { sessionId: 's', issuedAt: second + 10 },
      }),
    ).toBe(false);
    expect(carrying(one, Number.NaN)).toBe(false);
  });

  it('trusts for as long as was said', async () => {
    const one = await stale({ trustForMs: 60_000 });
    one.clock.pass(20_000);
    expect(carrying(one, 60)).toBe(true);
    one.clock.pass(1);
    expect(carrying(one, 60)).toBe(false);
  });

  it('trusts no token when the clock that tells its age has jumped', async () => {
    const one = await stale();
    one.clock.jump(5_000);
    expect(carrying(one, 44)).toBe(false);
  });
});

describe('closed', () => {
  it('a copy answers no and asks nothing more', async () => {
    const one = await ready();
    one.snapshot.close();
    expect(may(one)).toBe(false);
    await expect.poll(() => openStreams(one.feed)).toEqual([]);
    const asked = one.feed.requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.feed.requests).toHaveLength(asked);
    expect(one.problems).toEqual([]);
  });
});
