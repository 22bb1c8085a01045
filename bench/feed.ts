import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { count, type Effort, type Figure, ratioOf } from './figure.ts';
import { startParts } from './parts.ts';
import { middle, quantiles } from './quantiles.ts';
import { joining } from './signed-events.ts';

/** What an app would do by itself, and as often as the server looks where another process has committed. */
const POLL_MS = 100;

/**
 * From the commit of a change, by the database's own clock, until a reader has it: pushed by the server that took the
 * webhook, pushed by another one, and found by asking the table every 100 ms.
 */
export async function feed({ quick }: Effort): Promise<Figure[]> {
  const changes = quick ? 10 : 300;
  /** Who wait beside the one that is measured. */
  const idle = quick ? 10 : 1_000;
  const parts = await startParts();
  const { sql, clerk } = parts;
  const ends = new AbortController();
  try {
    const [near, far] = [
      await parts.start('./rolecall-server.ts'),
      await parts.start('./rolecall-server.ts'),
    ];
    const secret = clerk.signingSecret;
    await send(near.url, secret);
    const pushed = await listen(near.url, ends.signal);
    await Promise.all(Array.from({ length: idle }, () => listen(near.url, ends.signal)));
    const polled = pollTable(sql, ends.signal);

    const from = await head(sql);
    for (let n = 0; n < changes; n += 1) await send(near.url, secret);
    const between = await head(sql);
    for (let n = 0; n < changes; n += 1) await send(far.url, secret);
    const to = await head(sql);
    const patience = AbortSignal.timeout(30_000);
    while (!pushed.has(to) || !polled.has(to)) await pause(10, undefined, { signal: patience });

    const committed = await commits(sql);
    const late = (arrived: ReadonlyMap<number, number>, after: number, until: number) =>
      [...arrived]
        .filter(([revision]) => revision > after && revision <= until)
        .map(([revision, at]) => at - (committed.get(revision) ?? at));
    const yardstick = late(polled, from, to);
    const figure = (what: string, ours: readonly number[]): Figure => ({
      what: `commit → delivered, ${what}, beside ${count(idle)} who wait`,
      ours: quantiles(ours),
      yardstick: `${quantiles(yardstick)} asking the table every ${POLL_MS} ms`,
      ratio: ratioOf(middle(ours), middle(yardstick)),
      better: 'lower',
      aim: null,
    });
    return [
      figure('committed by the same process', late(pushed, from, between)),
      figure('committed by another process', late(pushed, between, to)),
    ];
  } finally {
    ends.abort();
    await parts.stop();
  }
}

const now = () => performance.timeOrigin + performance.now();

async function send(url: string, secret: string): Promise<void> {
  const { headers, body } = joining(secret);
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
