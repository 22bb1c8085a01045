import { connectionTo } from '../../../src/sdk/client/connection.ts';
import { createClient, type Snapshot, type SnapshotOptions } from '../../../src/sdk/index.ts';
import { openSnapshot } from '../../../src/sdk/snapshot/open-snapshot.ts';
import { TOKEN } from './fake-rolecall.ts';

export const AT = '2026-11-22T02:00:00.000Z';
export const NOW = Date.parse(AT);
const encoder = new TextEncoder();

/** An open stream of server-sent events. */
export interface OpenStream {
  send(text: string): void;
  bytes(bytes: Uint8Array): void;
  end(): void;
  break(): void;
  readonly isOpen: boolean;
}

/** A server of snapshots and changes that does what it is told; no network. */
export interface FakeFeed {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly requests: URL[];
  readonly streams: OpenStream[];
  epoch: string;
  /** Of the snapshot, without the first and the last line. */
  lines: object[];
  policy: object;
  /** The last one that is not known any more. */
  prunedTo: number;
  /** Answers to the next requests whose path begins so, instead of the usual ones. */
  instead(path: string, answer: () => Response | Promise<Response>): void;
  /** Goes to the log, and to whoever is connected. */
  push(change: object, how?: { readonly revision?: number; readonly onlyLog?: boolean }): number;
  snapshotText(): string;
  heartbeat(): void;
  readonly revision: number;
}

const scopes = { workspace: { organization_roles_reach: true } };

export function fakeFeed(lines: object[] = []): FakeFeed {
  const log: { revision: number; change: object }[] = [];
  const overrides: { path: string; answer: () => Response | Promise<Response> }[] = [];
  const polls: (() => void)[] = [];
  let revision = 7;

  const feed: FakeFeed = {
    requests: [],
    streams: [],
    epoch: 'epoch-1',
    lines,
    policy: scopes,
    prunedTo: 0,
    get revision() {
      return revision;
    },
    instead: (path, answer) => void overrides.push({ path, answer }),
    push(change, how = {}) {
      revision = how.revision ?? revision + 1;
      const sent = { revision, cutoff: null, at: AT, delivery: 'msg_1', ...change };
      log.push({ revision, change: sent });
      if (how.onlyLog === true) return revision;
      for (const stream of feed.streams) {
        if (stream.isOpen) {
          stream.send(`id: ${revision}\nevent: change\ndata: ${JSON.stringify(sent)}\n\n`);
        }
      }
      for (const answer of polls.splice(0)) answer();
      return revision;
    },
    heartbeat() {
      for (const stream of feed.streams) if (stream.isOpen) stream.send(`: nothing new\nid: ${revision}\n\n`);
    },
    snapshotText() {
      const members = feed.lines.filter((line) => 'kind' in line && line.kind === 'member').length;
      const { epoch, policy } = feed;
      return [
        { kind: 'snapshot', epoch, revision, policy: null, scopes: policy, at: AT },
        ...feed.lines,
        { kind: 'end', revision, members },
      ]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('');
    },
    async fetch(request) {
      const url = new URL(request.url);
      feed.requests.push(url);
      if (request.headers.get('authorization') !== `Bearer ${TOKEN}`)
        return new Response(null, { status: 401 });
      const override = overrides.findIndex(({ path }) => `${url.pathname}${url.search}`.startsWith(path));
      if (override >= 0) return overrides.splice(override, 1)[0]?.answer() ?? Response.error();
      if (url.pathname === '/v1/snapshot') return new Response(feed.snapshotText());
      if (url.pathname !== '/v1/changes') return new Response(null, { status: 404 });
      const after = Number(url.searchParams.get('after'));
      const wrong = url.searchParams.get('epoch') !== feed.epoch || after > revision || after < feed.prunedTo;
      if (wrong) return Response.json({ error: { code: 'resync_required' } }, { status: 410 });
      return request.headers.get('accept') === 'text/event-stream'
        ? streamAfter(after, request.signal)
        : pageAfter(after, url);
    },
  };

  const pageAfter = async (after: number, url: URL): Promise<Response> => {
    if (Number(url.searchParams.get('wait')) > 0 && after === revision) {
      await new Promise<void>((resolve) => polls.push(resolve));
    }
    const limit = Number(url.searchParams.get('limit'));
    const changes = log.filter((one) => one.revision > after).slice(0, limit);
    return Response.json({
      epoch: feed.epoch,
      changes: changes.map((one) => one.change),
      next: changes.at(-1)?.revision ?? after,
    });
  };

  const streamAfter = (after: number, signal: AbortSignal): Response => {
    let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
    const body = new ReadableStream<Uint8Array>({
      start: (started) => {
        controller = started;
      },
      cancel: () => {
        controller = null;
      },
    });
    const stream: OpenStream = {
      send: (text) => controller?.enqueue(encoder.encode(text)),
      bytes: (bytes) => controller?.enqueue(bytes),
      end() {
        controller?.close();
        controller = null;
      },
      break() {
        controller?.error(new Error('the cable was cut'));
        controller = null;
      },
      get isOpen() {
        return controller !== null;
      },
    };
    signal.addEventListener('abort', () => stream.break());
    feed.streams.push(stream);
    for (const one of log.filter(({ revision: number }) => number > after)) {
      stream.send(`id: ${one.revision}\nevent: change\ndata: ${JSON.stringify(one.change)}\n\n`);
    }
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return feed;
}

/** Clocks that stand still until they are moved. */
export function handClock() {
  let [now, monotonic] = [NOW, 1_000];
  return {
    now: () => now,
    monotonic: () => monotonic,
    /** Time passes. */
    pass(ms: number) {
      now += ms;
      monotonic += ms;
    },
    /** The clock on the wall is set, or the machine sleeps. */
    jump(ms: number) {
      now += ms;
    },
  };
}

export interface Opened {
  readonly feed: FakeFeed;
  readonly clock: ReturnType<typeof handClock>;
  readonly snapshot: Snapshot;
  /** Why it began anew, in order. */
  readonly problems: string[];
  /** How long it wanted to wait before that. */
  readonly pauses: number[];
}

/** A snapshot of a fake feed, with clocks by hand and no pauses. */
export function open(feed: FakeFeed, options: SnapshotOptions = {}): Opened {
  const clock = handClock();
  const problems: string[] = [];
  const pauses: number[] = [];
  const connection = connectionTo('http://rolecall.test/base', TOKEN, (request) =>
    feed.fetch(new Request(request.url.replace('/base', ''), request)),
  );
  const snapshot = openSnapshot(
    connection,
    { clock, onProblem: ({ code }) => void problems.push(code), ...options },
    {
      chance: () => 1,
      pause: async (ms) => {
        pauses.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
  );
  return { feed, clock, snapshot, problems, pauses };
}

export function clientOfFeed(feed: FakeFeed) {
  return createClient({ url: 'http://rolecall.test', token: TOKEN, fetch: feed.fetch });
}

export const role = (key: string, grants: readonly (string | object)[], more: object = {}) => ({
  kind: 'role',
  role: key,
  scope: 'organization',
  grants: grants.map((grant) => (typeof grant === 'string' ? { permission: grant } : grant)),
  featured: {},
  cutoff: null,
  ...more,
});

export const member = (user: string, key: string, more: object = {}) => ({
  kind: 'member',
  organization: 'org_acme',
  user,
  role: key,
  cutoff: null,
  ...more,
});

/** What the feed tells of somebody. */
export const told = (
  kind: string,
  user: string,
  key: string | null,
  permissions: string[],
  more: object = {},
) => ({
  kind,
  organization: 'org_acme',
  user,
  agent: null,
  role: key,
  roles: [],
  permissions: permissions.map((permission) => ({ permission })),
  ...more,
});
