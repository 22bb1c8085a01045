import type { Sql } from 'postgres';
import { DEFAULT_CONSEQUENCES } from '../src/domain/effects.ts';
import { consumeSpill, type SpilledMessage } from '../src/pipeline/consume-spill.ts';
import type { Delivery } from '../src/pipeline/ports.ts';
import { processDeliveries } from '../src/pipeline/process.ts';
import { runReplay } from '../src/pipeline/replay/run-replays.ts';
import { clerkWebhooks } from '../src/provider/clerk/webhooks.ts';
import { postgresStatements } from '../src/store/postgres/client.ts';
import { emptyMemory } from '../src/store/postgres/memory.ts';
import { postgresReplayStore } from '../src/store/postgres/replay-store.ts';
import { postgresStore } from '../src/store/postgres/store.ts';
import { cpuOf, postmasterOf } from './cpu.ts';
import { atLeast, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { type Parts, startParts } from './parts.ts';
import { reconcileAll, startLists } from './reconciling.ts';
import { copiesOf, nextTransaction, rowsWritten } from './same-rows.ts';
import { joining } from './signed-events.ts';

/** As many as a queue of Workers hands over at once. */
const BATCH = 50;
/** As many as Node puts into one commit at most. */
const LARGE_BATCH = 250;
/** By so many a replay goes on, and differences of a page of Clerk's are decided on. */
const PAGE = 100;

/** Each way that takes many at once, against inserting the rows that it left by `insert … select unnest`. */
export async function batches({ quick }: Effort): Promise<Figure[]> {
  const rows = quick ? 500 : 20_000;
  return [...(await ofDeliveries(rows)), ...(await ofMembers(rows))];
}

async function ofDeliveries(rows: number): Promise<Figure[]> {
  const parts = await startParts();
  const statements = postgresStatements(parts.database.url, { connections: 1 });
  try {
    const rolecall = compose(parts, statements);
    // The first event makes the role known; others warm up.
    await rolecall.consume(messages(parts, BATCH), BATCH);
    const figures: Figure[] = [];
    for (const size of [BATCH, LARGE_BATCH]) {
      const spilled = messages(parts, rows);
      figures.push(
        await compared(parts.sql, `deliveries from a queue, ${size} at a time`, rows, rows / size, () =>
          rolecall.consume(spilled, size),
        ),
      );
    }
    const verified = messages(parts, rows).map(rolecall.verify);
    figures.push(
      await compared(
        parts.sql,
        `deliveries verified before, ${LARGE_BATCH} at a time`,
        rows,
        rows / LARGE_BATCH,
        () => rolecall.process(verified, LARGE_BATCH),
      ),
    );
    const from = Date.now();
    await rolecall.consume(messages(parts, rows), LARGE_BATCH);
    figures.push(
      await compared(parts.sql, `deliveries replayed, ${PAGE} at a time`, rows, rows / PAGE, () =>
        rolecall.replay(from),
      ),
    );
    return figures;
  } finally {
    await statements.end();
    await parts.stop();
  }
}

async function ofMembers(rows: number): Promise<Figure[]> {
  const parts = await startParts();
  try {
    const lists = await startLists(parts, rows);
    return [
      await compared(parts.sql, 'members imported', rows, rows / PAGE, async () => {
        await reconcileAll(parts.database.url, lists.url, rows);
      }),
    ];
  } finally {
    await parts.stop();
  }
}

/** Ours first: what it wrote is what is inserted then, three times, of which the best one counts. */
async function compared(
  sql: Sql,
  what: string,
  rows: number,
  commits: number,
  run: () => Promise<void>,
): Promise<Figure> {
  const postmaster = await postmasterOf(sql);
  const since = await nextTransaction(sql);
  const ours = await timed(postmaster, rows, run);
  const written = await rowsWritten(sql, since, rows / 2);
  const inserted: Timed[] = [];
  for (let time = 0; time < 3; time += 1) {
    const insert = await copiesOf(sql, written, Math.ceil(commits));
    inserted.push(await timed(postmaster, rows, insert));
  }
  const yardstick = inserted.reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
  const ratio = ratioOf(ours.perSecond, yardstick.perSecond);
  const told = ({ perSecond, cpu, databaseCpu }: Timed) =>
    `${count(perSecond)}/s (CPU ${cpu.toFixed(2)} ms + Postgres ${databaseCpu.toFixed(2)} ms)`;
  return {
    what,
    ours: told(ours),
    yardstick: `${told(yardstick)} inserting the same rows of ${written.map(({ table }) => table).join(', ')}`,
    ratio,
    better: 'higher',
    aim: atLeast(0.5, ratio),
  };
}

interface Timed {
  readonly perSecond: number;
  /** Milliseconds for each row. */
  readonly cpu: number;
  readonly databaseCpu: number;
}

async function timed(postmaster: number, rows: number, run: () => Promise<void>): Promise<Timed> {
  const [database, own, from] = [await cpuOf(postmaster), process.cpuUsage(), performance.now()];
  await run();
  const perSecond = rows / ((performance.now() - from) / 1000);
  const { user, system } = process.cpuUsage(own);
  const databaseCpu = ((await cpuOf(postmaster)) - database) / rows;
  return { perSecond, cpu: (user + system) / 1000 / rows, databaseCpu };
}

function messages({ clerk }: Parts, many: number): SpilledMessage[] {
  return Array.from({ length: many }, () => {
    const { headers, body } = joining(clerk.signingSecret);
    return {
      headers: new Headers({ ...headers }),
      body: new TextEncoder().encode(body),
      receivedAt: Date.now(),
    };
  });
}

function compose({ clerk }: Parts, statements: ReturnType<typeof postgresStatements>) {
  const clock = { now: () => Date.now() };
  const decider = {
    store: postgresStore(statements, emptyMemory()),
    clock,
    mode: 'enforce' as const,
    consequences: DEFAULT_CONSEQUENCES,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  const webhooks = clerkWebhooks([clerk.signingSecret]);
  const process = processDeliveries(decider);
  const consumer = { ...decider, webhooks, process };
  const replays = postgresReplayStore(statements);
  const repeater = {
    ...decider,
    replays,
    webhooks,
    chance: Math.random,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  return {
    verify(message: SpilledMessage): Delivery {
      const delivery = webhooks.authenticate(message, { source: 'queue', at: message.receivedAt });
      if ('refused' in delivery) throw new Error(delivery.refused);
      return delivery;
    },
    async process(deliveries: readonly Delivery[], size: number): Promise<void> {
      for (let at = 0; at < deliveries.length; at += size) {
        const processed = await process(deliveries.slice(at, at + size));
        if (processed.some(({ outcome }) => outcome !== 'applied')) throw new Error('not all were applied');
      }
    },
    async consume(spilled: readonly SpilledMessage[], size: number): Promise<void> {
      for (let at = 0; at < spilled.length; at += size) {
        const consumed = await consumeSpill(consumer, spilled.slice(at, at + size), false);
        if (consumed.includes('again')) throw new Error('a message was not taken');
      }
    },
    async replay(from: number): Promise<void> {
      const nothing = { status: null, type: null, organizationId: null, userId: null, to: null };
      const selection = { filter: { ...nothing, from } };
      const { id } = await replays.startReplay({ selection, dryRun: false, by: 'bench', reason: '' });
      await runReplay(repeater, id, Number.POSITIVE_INFINITY);
    },
  };
}
