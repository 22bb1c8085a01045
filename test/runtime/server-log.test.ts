import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNodeServer } from '../../src/runtime/node.ts';
import { migrate } from '../../src/store/postgres/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/testing/embedded-postgres.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { environment, until } from '../support/serve.ts';

const CANARY = 'CANARYpayload7f3a';

/** What Postgres has written, in its own log. */
let lines: string[] = [];
let database: EmbeddedPostgres;
let clerk: ServedClerkStandIn;

beforeAll(async () => {
  database = await startEmbeddedPostgres({ log: (line) => void lines.push(line) });
  await migrate(database.url);
  clerk = await serveClerkStandIn({ autoSend: false });
});
afterAll(async () => {
  await clerk.close();
  await database.stop();
});

type Deliver = () => Promise<number>;

/** Gives a server of these settings, and what sends it a message that holds the canary. */
async function served(settings: Readonly<Record<string, string>>, act: (deliver: Deliver) => Promise<void>) {
  lines = [];
  const url = new URL(database.url);
  for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value);
  const server = await startNodeServer({
    environment: environment(clerk.standIn, clerk.url, url.href),
    port: 0,
    writeLog: () => undefined,
  });
  try {
    await act(async () => {
      clerk.standIn.createUser({ firstName: CANARY });
      const event = clerk.standIn.outbox.at(-1) ?? expect.fail();
      expect(clerk.standIn.signed(event).body).toContain(CANARY);
      return (await clerk.standIn.deliver(event, { to: `${server.url}/webhooks/clerk` })).status;
    });
  } finally {
    await server.stop();
  }
}

/** Every commit waits while this goes on. */
async function locked(act: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const connect = () => postgres(database.url, { max: 1, onnotice: () => undefined });
  const [holder, other] = [connect(), connect()];
  try {
    await holder.unsafe('begin; lock table rolecall.inbox in exclusive mode').simple();
    await act(other);
  } finally {
    await Promise.all([holder.end({ timeout: 1 }), other.end({ timeout: 1 })]);
  }
}

/** The statements that wait, as anybody with a right to see them sees them. */
async function untilOneWaits(sql: postgres.Sql): Promise<readonly string[]> {
  const waiting = () =>
    sql<{ query: string }[]>`
      select query from pg_stat_activity where wait_event_type = 'Lock' and query like '%commit_decision%'`;
  await until(async () => (await waiting()).length > 0);
  return (await waiting()).map(({ query }) => query);
}

/** These words, and the statement that they are about. */
const isWritten = (words: string) => () =>
  lines.some((line) => line.includes(words)) &&
  lines.some((line) => line.includes('STATEMENT:') && line.includes('commit_decision'));

test.each([
  ['takes too long', 'due to statement timeout', { statement_timeout: '500' }],
  ['waits too long for a lock', 'due to lock timeout', { lock_timeout: '500' }],
])('a commit that %s writes nothing of its messages into Postgres’ log', async (_, words, settings) => {
  await served(settings, (deliver) =>
    locked(() =>
      // On a busy machine it may be the reading before it that takes too long.
      until(async () => {
        expect(await deliver()).toBe(503);
        return isWritten(words)();
      }),
    ),
  );
  expect(lines.join('\n')).not.toContain(CANARY);
});

test('nor does one for which there is no room', async () => {
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  await sql.unsafe(`
    create function public.full() returns trigger language plpgsql
      as $$ begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$;
    create trigger full_disk before insert on rolecall.inbox for each row execute function public.full()`);
  await served({}, async (deliver) => {
    expect(await deliver()).toBe(503);
    await until(isWritten('no space left on device'));
  });
  await sql.unsafe('drop trigger full_disk on rolecall.inbox');
  await sql.end();
  expect(lines.join('\n')).not.toContain(CANARY);
});

test('nor one whose connection is ended, and who looks at what runs sees nothing of them', async () => {
  await served({}, (deliver) =>
    locked(async (sql) => {
      const answer = deliver();
      expect((await untilOneWaits(sql)).join()).not.toContain(CANARY);
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity where query like '%commit_decision%' and pid <> pg_backend_pid()`;
      expect(await answer).toBe(503);
      await until(isWritten('terminating connection due to administrator command'));
    }),
  );
  expect(lines.join('\n')).not.toContain(CANARY);
});

test('nor one that is under way when the server is stopped', async () => {
  await served({}, (deliver) =>
    locked(async (sql) => {
      const answer = deliver();
      await untilOneWaits(sql);
      const start = await database.interrupt();
      expect(await answer).toBe(503);
      await until(isWritten('terminating connection due to administrator command'));
      await start();
    }),
  );
  expect(lines.join('\n')).not.toContain(CANARY);
});
