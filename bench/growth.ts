import postgres, { type Sql } from 'postgres';
import { createRolecall } from '../src/index.ts';
import { migrate } from '../src/store/postgres/migrate.ts';
import { atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { fillMembers, organizationOf, userOf } from './members.ts';
import { type Parts, startParts } from './parts.ts';
import { middle } from './quantiles.ts';
import { joining, ROLE, roleUpdated, type SignedEvent } from './signed-events.ts';

const ORGANIZATIONS = 1_000;

const WHAT = {
  event: 'a webhook, received → answered',
  delivery: 'a webhook, received → told to a reader of the feed',
  check: 'has_permission',
  role: 'changing the role that all of them hold',
} as const;
type What = keyof typeof WHAT;

/**
 * The same work with few members and with many of them, changes and deliveries of old included: in turns, so that
 * whatever else the machine does meets all. The middle of the times counts.
 */
export async function growth({ quick }: Effort): Promise<Figure[]> {
  const sizes = quick ? [1_000, 2_000] : [1_000, 100_000, 1_000_000];
  const parts = await startParts();
  try {
    const grown: Grown[] = [];
    for (const members of sizes) {
      const one = await grow(parts, members);
      parts.later(() => one.stop());
      grown.push(one);
    }
    for (let round = 0; round < (quick ? 15 : 250); round += 1) {
      // Whoever comes first finds the caches as the last one left them.
      for (const at of grown.keys()) await grown[(at + round) % grown.length]?.work(round);
    }
    return figuresOf(grown);
  } finally {
    await parts.stop();
  }
}

interface Grown {
  readonly members: number;
  readonly times: Readonly<Record<What, number[]>>;
  work(round: number): Promise<void>;
  stop(): Promise<void>;
}

async function grow({ sql: admin, database, clerk, environment }: Parts, members: number): Promise<Grown> {
  const name = `of_${members}`;
  await admin.unsafe(`create database ${name}`);
  const url = new URL(database.url);
  url.pathname = name;
  await migrate(url.href);
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
  await fillMembers(sql, members, ORGANIZATIONS);
  await fillHistory(sql, members);
  const rolecall = createRolecall({
    environment: { ...environment, DATABASE_URL: url.href },
    connections: 1,
    writeLog: () => undefined,
  });
  const follower = await follow(rolecall.fetch, members);
  const times: Grown['times'] = { event: [], delivery: [], check: [], role: [] };
  const timed = async (what: What, run: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await run();
    times[what].push(performance.now() - from);
  };
  const post = (event: SignedEvent) => send(rolecall.fetch, event);
  return {
    members,
    times,
    async work(round) {
      const event = joining(clerk.signingSecret);
      const told = follower.next();
      await timed('delivery', async () => {
        await timed('event', () => post(event));
        await told;
      });
      const n = (round * 7_919) % members;
      await timed(
        'check',
        () => sql`select rolecall.has_permission(
        ${userOf(n)}, ${organizationOf(n, ORGANIZATIONS)}, 'org:posts:read')`,
      );
      // Every other change takes a permission away.
      const permissions = ROLE.permissions.slice((round + 1) % 2);
      const changed = follower.next();
      const definition = roleUpdated(clerk.signingSecret, permissions);
      await timed('role', () => post(definition));
      await changed;
    },
    async stop() {
      follower.stop();
      await rolecall.stop();
      await sql.end();
    },
  };
}

type Fetch = (request: Request) => Response | Promise<Response>;

async function send(fetch: Fetch, { headers, body }: SignedEvent): Promise<void> {
  const url = 'http://127.0.0.1/webhooks/clerk';
  const answer = await fetch(new Request(url, { method: 'POST', headers: { ...headers }, body }));
  const said = await answer.text();
  if (!said.includes('"applied"')) throw new Error(`answered ${answer.status} ${said}`);
}

/** Reads the feed as server-sent events, from a revision on. */
async function follow(fetch: Fetch, after: number) {
  const stopping = new AbortController();
  const response = await fetch(
    new Request(`http://127.0.0.1/v1/changes?after=${after}`, {
      headers: { authorization: 'Bearer bench-read', accept: 'text/event-stream' },
      signal: stopping.signal,
    }),
  );
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let tell = (): void => undefined;
  const read = async (): Promise<void> => {
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      if (/^id: \d+\ndata/m.test(part.value)) tell();
    }
  };
  read().catch(() => undefined);
  return {
    /** Resolves with the next change that comes. */
    next: () =>
      new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('a change was not told of')), 30_000);
        tell = () => {
          clearTimeout(late);
          resolve();
        };
      }),
    stop: () => stopping.abort(),
  };
}

/** What their joining has left behind. Bodies were forgotten. */
async function fillHistory(sql: Sql, members: number): Promise<void> {
  const [last, at] = [members - 1, new Date(Date.now() - 86_400_000)];
  await sql`
    insert into rolecall.inbox (id, source, type, organization_id, user_id, body_sha256, outcome, reason, received_at, committed_at)
    select 'msg_' || n, 'webhook', 'organizationMembership.created', 'org_' || n % ${ORGANIZATIONS}, 'user_' || n,
           sha256(n::text::bytea), 'applied', 'joined', ${at}::timestamptz + n * interval '1 ms', ${at}::timestamptz + n * interval '1 ms'
      from generate_series(0, ${last}) as n`;
  await sql`
    insert into rolecall.changes (revision, kind, organization_id, user_id, role, permissions, at, delivery_id, cause, recorded_at)
    select n + 1, 'granted', 'org_' || n % ${ORGANIZATIONS}, 'user_' || n, ${ROLE.key}, ${ROLE.permissions}::text[],
           ${at.getTime()}::bigint + n, 'msg_' || n, 'delivery', ${at}::timestamptz + n * interval '1 ms'
      from generate_series(0, ${last}) as n`;
  await sql`update rolecall.counter set revision = ${members}`;
  await sql`vacuum analyze rolecall.inbox, rolecall.changes`;
}

function figuresOf(grown: readonly Grown[]): Figure[] {
  const [first, ...others] = grown;
  if (first === undefined) return [];
  const time = (one: Grown, what: What) => middle(one.times[what].slice(10));
  return others.flatMap((one) =>
    (['event', 'check', 'role', 'delivery'] as const).map((what): Figure => {
      const ratio = ratioOf(time(one, what), time(first, what));
      return {
        what: `${WHAT[what]}, ${count(one.members)} members`,
        ours: `${time(one, what).toFixed(2)} ms`,
        yardstick: `${time(first, what).toFixed(2)} ms with ${count(first.members)}`,
        ratio,
        better: 'lower',
        aim: atMost(1.5, ratio),
      };
    }),
  );
}
