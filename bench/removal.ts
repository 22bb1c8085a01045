import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { createGuard } from '../src/sdk/guard/index.ts';
import { createClient } from '../src/sdk/index.ts';
import { cleanups } from '../src/testing/stack/cleanup.ts';
import { openConnection, requestBytes } from './connection.ts';
import { atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { measure } from './load.ts';
import { fillMembers, MADE_AT, membershipOf, organizationOf, userOf } from './members.ts';
import { type Parts, startParts } from './parts.ts';
import { middle, quantile } from './quantiles.ts';
import type { Started } from './servers.ts';
import { joining, leaving, type Member } from './signed-events.ts';

const ORGANIZATIONS = 100;
const PERMISSION = 'org:posts:write';
/** How long a session token of Clerk's goes on after its holder was removed. */
const TOKEN_MS = 60_000;
const LANE_OF_REDUCTIONS = 2;
/** More than are ever taken. */
const MOST_A_SECOND = 10_000;
/** What a removal in each way takes, with the pauses: the load is made for so long before. */
const SECONDS_A_ROUND = 0.15;
/** 30 % of what Clerk allows a production instance. */
const CALLS_A_SECOND = 30;

/** From the first byte of a removal sent until it is refused, and until the sessions are revoked behind a long queue. */
export async function removal(effort: Effort): Promise<Figure[]> {
  const sizes = effort.quick
    ? { removals: 5, reductions: 1_000, revocations: 2 }
    : { removals: 300, reductions: 100_000, revocations: 20 };
  const parts = await startParts();
  try {
    await fillMembers(parts.sql, effort.quick ? 1_000 : 20_000, ORGANIZATIONS);
    const server = await parts.start('./rolecall-server.ts');
    const refused = await untilRefused(parts, server, sizes.removals, effort);
    const first = sizes.removals * 3;
    return [...refused, await behindReductions(parts, server, first, sizes)];
  } finally {
    await parts.stop();
  }
}

/** Whether somebody has the permission still, asked the way an app asks. */
type Ask = (n: number) => Promise<boolean>;

async function untilRefused(
  parts: Parts,
  server: Started,
  removals: number,
  { seconds }: Effort,
): Promise<Figure[]> {
  const url = `${server.url}/webhooks/clerk`;
  const another = () => {
    const { headers, body } = joining(parts.clerk.signingSecret);
    return requestBytes(url, headers, body);
  };
  const ends = cleanups();
  try {
    await measure({ url, connections: 32, seconds: Math.min(1, seconds), next: another });
    const requests = Array.from({ length: Math.ceil(MOST_A_SECOND * seconds) }, another);
    const saturated = await measure({
      url,
      connections: 32,
      seconds,
      next: () => requests.pop() ?? null,
    });
    const ways = await waysToAsk(parts, server, ends.later);
    const remover = await openConnection(url);
    ends.later(async () => remover.close());
    const load = await parts.start('./steady-load.ts', {
      BENCH_LOAD_URL: url,
      BENCH_LOAD_PER_SECOND: String(saturated.perSecond / 2),
      BENCH_LOAD_SECONDS: String(removals * SECONDS_A_ROUND),
    });
    ends.later(() => load.stop());
    const taken = () => parts.sql`select count(*)::int as many from rolecall.inbox`;
    const [before] = await taken();
    const started = performance.now();
    const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
    let n = 0;
    for (let round = 0; round < removals; round += 1) {
      for (const [way, ask] of Object.entries(ways)) {
        times.get(way)?.push(await refusedAfter(n, ask, () => remover.ask(removalOf(parts, url, n))));
        n += 1;
        await pause(5 + Math.random() * 30);
      }
    }
    const elapsed = (performance.now() - started) / 1000;
    const [after] = await taken();
    const beside = `beside ${count((after?.['many'] - before?.['many']) / elapsed)} webhooks a second of ${count(saturated.perSecond)} at most`;
    return [...times].map(([way, measured]): Figure => {
      const p99 = quantile(measured, 0.99);
      return {
        what: `removal sent → refused by ${way}, p99`,
        ours: `${p99.toFixed(1)} ms (p50 ${middle(measured).toFixed(1)} ms), ${beside}`,
        yardstick: `${count(TOKEN_MS)} ms of a session token of Clerk's`,
        ratio: ratioOf(p99, TOKEN_MS),
        better: 'lower',
        aim: atMost(25, p99, ' ms'),
      };
    });
  } finally {
    await ends.run();
  }
}

async function waysToAsk(
  { database, sql, clerk }: Parts,
  server: Started,
  later: (end: () => Promise<unknown>) => void,
): Promise<Readonly<Record<'SQL' | 'HTTP' | 'SDK', Ask>>> {
  await sql.unsafe(`create role app_reader login password 'bench' in role rolecall_reader`);
  const url = new URL(database.url);
  [url.username, url.password] = ['app_reader', 'bench'];
  const reader = postgres(url.href, { max: 1, onnotice: () => undefined });
  later(() => reader.end());
  const connection = await openConnection(server.url);
  later(async () => connection.close());
  const client = createClient({ url: server.url, token: 'bench-read' });
  const snapshot = client.snapshot();
  later(async () => snapshot.close());
  await snapshot.ready;
  const guard = createGuard({
    client: snapshot,
    jwtKey: clerk.jwtKeyPem,
    issuer: clerk.issuer,
    authorizedParties: [clerk.authorizedParty],
  });
  const tokens = new Map<number, string>();
  return {
    async SQL(n) {
      const [row] = await reader<{ has: boolean }[]>`
        select rolecall.has_permission(${userOf(n)}, ${organizationOf(n, ORGANIZATIONS)}, ${PERMISSION}) as has`;
      return row?.has ?? false;
    },
    async HTTP(n) {
      const question = JSON.stringify({
        subject: { type: 'user', id: userOf(n) },
        action: { name: PERMISSION },
        resource: { type: 'organization', id: organizationOf(n, ORGANIZATIONS) },
      });
      const headers = { authorization: 'Bearer bench-read' };
      const answer = await connection.ask(
        requestBytes(`${server.url}/access/v1/evaluation`, headers, question),
      );
      return answer.text.includes('"decision":true');
    },
    async SDK(n) {
      const token = tokens.get(n) ?? tokenOf(clerk, n);
      tokens.set(n, token);
      const headers = new Headers({ authorization: `Bearer ${token}` });
      const organization = organizationOf(n, ORGANIZATIONS);
      return (await guard.authorize({ headers }, { permission: PERMISSION, organization })).allowed;
    },
  };
}

function tokenOf(clerk: Parts['clerk'], n: number): string {
  const now = Math.floor(Date.now() / 1000);
  return clerk.signToken({
    ...{
      v: 2,
      iss: clerk.issuer,
      azp: clerk.authorizedParty,
      sub: userOf(n),
      sid: `sess_${n}`,
      sts: 'active',
    },
    ...{ iat: now, nbf: now - 10, exp: now + 60 },
    o: { id: organizationOf(n, ORGANIZATIONS), slg: 'an-organization', rol: 'editor' },
  });
}

function memberOf(n: number): Member {
  return {
    membership: membershipOf(n),
    organization: organizationOf(n, ORGANIZATIONS),
    user: userOf(n),
    createdAt: MADE_AT + n,
  };
}

function removalOf({ clerk }: Parts, url: string, n: number): Buffer {
  const { headers, body } = leaving(clerk.signingSecret, memberOf(n));
  return requestBytes(url, headers, body);
}

/** Asks every millisecond, since asking without a pause takes a core of its own; milliseconds from the sending until the first answer that was no. */
async function refusedAfter(n: number, ask: Ask, send: () => Promise<{ status: number }>): Promise<number> {
  if (!(await ask(n))) throw new Error(`${userOf(n)} was refused before the removal`);
  const from = performance.now();
  const answered = send();
  while (await ask(n)) {
    if (performance.now() - from > 30_000) throw new Error(`${userOf(n)} is never refused`);
    await pause(1);
  }
  const took = performance.now() - from;
  const { status } = await answered;
  if (status !== 200) throw new Error(`a removal was answered ${status}`);
  return took;
}

async function behindReductions(
  parts: Parts,
  server: Started,
  first: number,
  sizes: { readonly reductions: number; readonly revocations: number },
): Promise<Figure> {
  const { sql, clerk } = parts;
  const url = `${server.url}/webhooks/clerk`;
  await sql`
    insert into rolecall.effects (kind, user_id, lane, cutoff, status, due_at)
    select 'revoke_sessions', 'user_reduced_' || n, ${LANE_OF_REDUCTIONS}, ${MADE_AT}::bigint, 'owed', now()
      from generate_series(1, ${sizes.reductions}) as n`;
  const connection = await openConnection(url);
  try {
    const times: number[] = [];
    for (let n = first; n < first + sizes.revocations; n += 1) {
      clerk.createUser({ id: userOf(n) });
      const session = clerk.createSession(userOf(n)).id;
      // The removal is a later one than the session.
      await pause(200);
      const from = performance.now();
      await connection.ask(removalOf(parts, url, n));
      const isRevoked = () => clerk.revocations.some(({ sessionId }) => sessionId === session);
      while (!isRevoked()) {
        if (performance.now() - from > 60_000) throw new Error(`the session of ${userOf(n)} lives on`);
        await pause(2);
      }
      times.push(performance.now() - from);
    }
    const [row] = await sql<{ owed: number }[]>`
      select count(*)::int as owed from rolecall.effects where status = 'owed' and lane = ${LANE_OF_REDUCTIONS}`;
    if (!row || row.owed === 0) throw new Error('no reduction was waiting any more');
    const slowest = Math.max(...times);
    const inTurn = (sizes.reductions / CALLS_A_SECOND) * 1000;
    return {
      what: `removal sent → session revoked at Clerk's, behind ${count(sizes.reductions)} reductions, slowest of ${times.length}`,
      ours: `${count(slowest)} ms (p50 ${count(middle(times))} ms), ${count(row.owed)} still waiting`,
      yardstick: `${count(inTurn)} ms if each took one call, in turn, at ${CALLS_A_SECOND} a second`,
      ratio: ratioOf(slowest, inTurn),
      better: 'lower',
      aim: atMost(2_000, slowest, ' ms'),
    };
  } finally {
    connection.close();
  }
}
