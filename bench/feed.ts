import { setTimeout as pause } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { migrate } from '../src/store/postgres/migrate.ts';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';
import { serveClerkStandIn } from '../src/testing/index.ts';
import type { Figure } from './figure.ts';
import { startServer, stopServer } from './servers.ts';
import { ROLE, signedEvent } from './signed-events.ts';

const CHANGES = 300;
/** Who wait beside the one that is measured. */
const IDLE = 1_000;
/** What an app would do by itself, and as often as the server looks where another process has committed. */
const POLL_MS = 100;

/**
 * From the commit of a change, by the database's own clock, until a reader has it: pushed by the server that took the
 * webhook, pushed by another one, and found by asking the table every 100 ms.
 */
export async function feed(): Promise<Figure[]> {
  const database = await startEmbeddedPostgres({ settings: { fsync: 'on', synchronous_commit: 'on' } });
  const clerk = await serveClerkStandIn({ autoSend: false });
  clerk.standIn.defineRole(ROLE.key, ROLE.name, ROLE.permissions);
  await migrate(database.url);
  const environment = {
    ...process.env,
    DATABASE_URL: database.url,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.standIn.signingSecret,
    CLERK_SECRET_KEY: clerk.standIn.secretKey,
    CLERK_API_URL: clerk.url,
    ROLECALL_READ_TOKEN: 'bench-read',
    ROLECALL_OPERATOR_TOKEN: 'bench-operate',
  };
  const [near, far] = [
    await startServer('./rolecall-server.ts', environment),
    await startServer('./rolecall-server.ts', environment),
  ];
  const sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  const ends = new AbortController();
  try {
    const secret = clerk.standIn.signingSecret;
    await send(near.url, secret);
    const pushed = await listen(near.url, ends.signal);
    await Promise.all(Array.from({ length: IDLE }, () => listen(near.url, ends.signal)));
    const polled = pollTable(sql, ends.signal);

    const from = await head(sql);
    for (let count = 0; count < CHANGES; count += 1) await send(near.url, secret);
    const middle = await head(sql);
    for (let count = 0; count < CHANGES; count += 1) await send(far.url, secret);
    const to = await head(sql);
    while (!pushed.has(to) || !polled.has(to)) await pause(10);

    const committed = await commits(sql);
    const late = (arrived: ReadonlyMap<number, number>, after: number, until: number) =>
      [...arrived]
        .filter(([revision]) => revision > after && revision <= until)
        .map(([revision, at]) => at - (committed.get(revision) ?? at))
        .sort((a, b) => a - b);
    const yardstick = late(polled, from, to);
    const figure = (what: string, ours: readonly number[]): Figure => ({
      what: `commit → delivered, ${what}, beside ${IDLE.toLocaleString('en')} who wait`,
      ours: quantiles(ours),
      yardstick: `${quantiles(yardstick)} asking the table every ${POLL_MS} ms`,
      ratio: Number((at(ours, 0.5) / at(yardstick, 0.5)).toFixed(2)),
    });
    return [
      figure('committed by the same process', late(pushed, from, middle)),
      figure('committed by another process', late(pushed, middle, to)),
    ];
  } finally {
    ends.abort();
    await Promise.all([stopServer(near.child), stopServer(far.child)]);
    await sql.end();
    await clerk.close();
    await database.stop();
  }
}

const now = () => performance.timeOrigin + performance.now();

async function send(url: string, secret: string): Promise<void> {
  const { headers, body } = signedEvent(secret);
  const answer = await fetch(new URL('/webhooks/clerk', url), { method: 'POST', headers, body });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  await answer.body?.cancel();
  // At any time between two looks.
  await pause(5 + Math.random() * 40);
}

/** When each revision arrived, as server-sent events. */
async function listen(url: string, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const arrived = new Map<number, number>();
  const response = await fetch(new URL('/v1/changes?after=0', url), {
    headers: { authorization: 'Bearer bench-read', accept: 'text/event-stream' },
    signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<void> => {
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      for (const [, revision] of next.value.matchAll(/^id: (\d+)\ndata/gm))
        arrived.set(Number(revision), now());
    }
  };
  read().catch(() => undefined);
  return arrived;
}

function pollTable(sql: Sql, signal: AbortSignal): ReadonlyMap<number, number> {
  const arrived = new Map<number, number>();
  const ask = async (): Promise<void> => {
    for (let last = 0; !signal.aborted; await pause(POLL_MS)) {
      const rows = await sql<{ revision: number }[]>`
        select revision::float8 as revision from rolecall.changes where revision > ${last} order by revision`;
      for (const { revision } of rows) arrived.set(revision, now());
      last = rows.at(-1)?.revision ?? last;
    }
  };
  ask().catch(() => undefined);
  return arrived;
}

async function head(sql: Sql): Promise<number> {
  const [row] = await sql<{ revision: number }[]>`select revision::float8 as revision from rolecall.counter`;
  return row?.revision ?? 0;
}

async function commits(sql: Sql): Promise<Map<number, number>> {
  const rows = await sql<{ revision: number; at: number }[]>`
    select revision::float8 as revision, (extract(epoch from recorded_at) * 1000)::float8 as at from rolecall.changes`;
  return new Map(rows.map(({ revision, at: committed }) => [revision, committed]));
}

function at(times: readonly number[], share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
}

function quantiles(times: readonly number[]): string {
  return `${at(times, 0.5).toFixed(1)} ms (p99 ${at(times, 0.99).toFixed(1)} ms)`;
}
