import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type NodeServer, startNodeServer } from '../../src/runtime/node.ts';
import { migrate } from '../../src/store/postgres/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/testing/embedded-postgres.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { environment, until } from '../support/serve.ts';

// Processes and servers start slowly on a machine that has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let database: EmbeddedPostgres;
let clerk: ServedClerkStandIn;
let server: NodeServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-outage-'));
  database = await startEmbeddedPostgres({ dataDirectory: join(folder, 'data') });
  await migrate(database.url);
  clerk = await serveClerkStandIn({ autoSend: false });
  server = await startNodeServer({
    environment: environment(clerk.standIn, clerk.url, database.url),
    port: 0,
    writeLog: () => undefined,
  });
});
afterEach(async () => {
  await server.stop();
  await clerk.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

test('Postgres that stops and starts under load: what got 200 is in the inbox, all else got 503, and it recovers by itself', async () => {
  const { standIn } = clerk;
  const answers: { id: string; status: number; retryAfter: string | null }[] = [];
  let sending = true;
  const senders = Array.from({ length: 8 }, async () => {
    while (sending) {
      standIn.createUser();
      const event = standIn.outbox.at(-1);
      if (event === undefined) throw new Error('an event');
      const answer = await standIn.deliver(event, { to: `${server.url}/webhooks/clerk` });
      answers.push({ id: event.id, status: answer.status, retryAfter: answer.headers.get('retry-after') });
      // The database has as much to do as it can: the sender need not spin while it is away.
      if (answer.status !== 200) await pause(5);
    }
  });
  const taken = () => answers.filter(({ status }) => status === 200).length;
  const refused = () => answers.filter(({ status }) => status !== 200).length;

  for (const round of [1, 2]) {
    const [before, lost] = [taken(), refused()];
    await until(() => taken() > before + 20);
    const { port } = database;
    await database.stop();
    await until(() => refused() > lost + 5);
    database = await startEmbeddedPostgres({ dataDirectory: join(folder, 'data'), port });
    const back = taken();
    await until(() => taken() > back + 20 * round);
  }
  sending = false;
  await Promise.all(senders);

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  for (const { status, retryAfter } of answers)
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
  const sql = postgres(database.url, { max: 1 });
  const held = new Set((await sql`select id from rolecall.inbox`).map((row) => row['id'] as string));
  const failed = await sql`select id from rolecall.inbox where outcome = 'failed'`;
  await sql.end();
  const lost = answers.filter(({ id, status }) => status === 200 && !held.has(id));
  expect(lost).toEqual([]);
  expect([...failed]).toEqual([]);

  // Whatever was refused is safe to send again, taken or not.
  for (const { id } of answers.filter(({ status }) => status === 503).slice(0, 20)) {
    const event = standIn.outbox.find((one) => one.id === id);
    if (event === undefined) throw new Error('the event');
    expect((await standIn.deliver(event, { to: `${server.url}/webhooks/clerk` })).status).toBe(200);
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});
