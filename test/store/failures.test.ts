import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreRejected, StoreUnavailable } from '../../src/pipeline/ports.ts';
import { postgresStatements, type Statements, sqlStateOf } from '../../src/store/postgres/client.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { countingProxy } from '../support/proxy.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
const opened: Statements[] = [];

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await Promise.all(opened.map((statements) => statements.end()));
  await database.drop();
});

function connect(url: string): Statements {
  const statements = postgresStatements(url, { connections: 1 });
  opened.push(statements);
  return statements;
}

async function failure(
  statements: Statements,
  name = 'read_readiness',
  argument: unknown = {},
): Promise<unknown> {
  try {
    return await statements.call(name, argument);
  } catch (error) {
    return error;
  }
}

function changed(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

test('a database that cannot be reached, entered or found is unavailable: nothing is said about the content', async () => {
  for (const url of [
    changed((one) => {
      one.port = '1';
    }),
    changed((one) => {
      one.pathname = 'no_such_database';
    }),
    changed((one) => {
      one.username = 'nobody_of_that_name';
    }),
  ]) {
    expect(await failure(connect(url))).toBeInstanceOf(StoreUnavailable);
  }
});

test('a connection that breaks in the middle of a statement is unavailable, and the next statement opens another', async () => {
  const proxy = await countingProxy(database.url);
  const statements = connect(proxy.url);
  const admin = postgres(database.url, { max: 1, onnotice: () => undefined });
  await admin.begin(async (sql) => {
    await sql`lock table rolecall.instance`;
    const waiting = failure(statements);
    await untilBlocked(sql);
    proxy.cut();
    expect(await waiting).toBeInstanceOf(StoreUnavailable);
  });
  await admin.end();
  expect(await failure(statements)).toMatchObject({ schemaVersion: 1 });
  await statements.end();
  await proxy.close();
});

test('a database that may not be written now, as after a failover, is unavailable', async () => {
  const statements = connect(changed((url) => url.searchParams.set('default_transaction_read_only', 'on')));
  expect(await failure(statements)).toMatchObject({ schemaVersion: 1 });
  expect(await failure(statements, 'commit_decision', { pin: 'ins_1' })).toBeInstanceOf(StoreUnavailable);
});

test('content that the database refuses is told apart from a schema that does not fit', async () => {
  const statements = connect(database.url);
  const twice = {
    id: 'msg_1',
    source: 'webhook',
    sha256: 'not hexadecimal',
    outcome: 'applied',
    reason: 'x',
  };
  const content = await failure(statements, 'commit_decision', { deliveries: [twice], changes: [] });
  expect(content).toBeInstanceOf(StoreRejected);
  expect(content).toMatchObject({ about: 'content' });
  const schema = await failure(statements, 'no_such_function');
  expect(schema).toBeInstanceOf(StoreRejected);
  expect(schema).toMatchObject({ about: 'schema' });
});

test('a commit that lost a race is an answer and no error, which Postgres would log with the payload, and wrote nothing', async () => {
  const statements = connect(database.url);
  const taken = {
    ...{ id: 'msg_raced', source: 'webhook', text: '{}', sha256: '00', outcome: 'applied', reason: 'newer' },
    waitedMs: 0,
  };
  const commit = (deliveries: readonly object[]) =>
    statements.call('commit_decision', { deliveries, changes: [] });
  expect(await commit([taken])).toMatchObject({ owed: 0 });
  expect(await commit([{ ...taken, id: 'msg_before' }, taken])).toEqual({ moved: true });
  const kept = { ...taken, id: 'msg_before' };
  expect(await commit([kept])).toMatchObject({ owed: 0 });
});

test('only what the server itself says is a state: the codes of the system look alike', () => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  expect(sqlStateOf(broken)).toBeNull();
  expect(sqlStateOf('22001')).toBeNull();
  const said = Object.assign(new Error('too long'), { name: 'PostgresError', code: '22001' });
  expect(sqlStateOf(said)).toBe('22001');
});

async function untilBlocked(sql: postgres.TransactionSql): Promise<void> {
  for (;;) {
    const [row] = await sql`
      select count(*)::int as n from pg_stat_activity
       where datname = current_database() and application_name = 'rolecall' and wait_event_type = 'Lock'`;
    if (row?.['n'] === 1) return;
    await sql`select pg_stat_clear_snapshot()`;
  }
}
