import { is } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, migrationScript } from '../../src/store/postgres/migrate.ts';
import * as schema from '../../src/store/postgres/schema/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/testing/embedded-postgres.ts';
import { databaseOn } from '../setup/server.ts';
import { column } from '../support/rig.ts';
import { keptConnections } from './support/kept-connections.ts';

/** A cluster of its own: roles belong to all databases of one, and here they must not be there yet. */
let server: EmbeddedPostgres;
let admin: Sql;
let databases = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  admin = postgres(server.url, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

async function emptyDatabase(owner = 'postgres'): Promise<string> {
  databases += 1;
  await admin.unsafe(`create database app_${databases} owner ${owner}`);
  return databaseOn(server.url, `app_${databases}`);
}

async function on<T>(url: string, run: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

const history = (url: string) =>
  on(url, async (sql) => column(await sql`select hash from rolecall.migrations order by id`, 'hash'));

test('one who is no superuser, but may create roles, migrates a fresh cluster and everything in it works', async () => {
  await admin`create role migrator login password 'migrator' createrole`;
  const url = new URL(await emptyDatabase('migrator'));
  url.username = 'migrator';
  url.password = 'migrator';
  await migrate(url.href);
  await migrate(url.href);
  await on(url.href, async (sql) => {
    const [row] = await sql`
      select count(*)::int as tables from pg_class
       where relnamespace = 'rolecall'::regnamespace and relkind = 'r' and pg_get_userbyid(relowner) = 'rolecall_owner'`;
    expect(row?.['tables']).toBeGreaterThan(10);
    await sql`grant rolecall_reader to migrator`;
    await sql`set role rolecall_reader`;
    expect(await sql`select rolecall.has_permission('user_a', 'org_1', 'org:posts:read') as has`).toEqual([
      { has: false },
    ]);
  });
});

test('an app’s own migrations in the same database, newer ones included, are left alone and do not hide ours', async () => {
  const url = await emptyDatabase();
  await on(url, async (sql) => {
    await sql`create schema drizzle`;
    await sql`create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 9999999999999)`;
    await sql`create table public.users (id int)`;
  });
  await migrate(url);
  await on(url, async (sql) => {
    expect(await sql`select hash from drizzle.__drizzle_migrations`).toEqual([{ hash: 'theirs' }]);
    expect(await sql`select * from rolecall.users`).toHaveLength(0);
  });
  expect((await history(url)).length).toBeGreaterThan(0);
});

test('several that migrate one database at once do it once, and none of them fails', async () => {
  const url = await emptyDatabase();
  await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
  const once = await history(url);
  expect(new Set(once).size).toBe(once.length);
  await on(url, async (sql) => expect(await sql`select from rolecall.counter`).toHaveLength(1));
});

test('several databases of one cluster can be migrated at once, though they share the roles', async () => {
  const urls: string[] = [];
  for (let index = 0; index < 4; index += 1) urls.push(await emptyDatabase());
  await Promise.all(urls.map((url) => migrate(url)));
  const histories = await Promise.all(urls.map(history));
  for (const one of histories) expect(one).toEqual(histories[0]);
});

test('migrating again changes nothing', async () => {
  const url = await emptyDatabase();
  await migrate(url);
  const before = await history(url);
  await on(url, (sql) => sql`update rolecall.counter set revision = 41`);
  await migrate(url);
  expect(await history(url)).toEqual(before);
  await on(url, async (sql) =>
    expect(await sql`select revision::int from rolecall.counter`).toEqual([{ revision: 41 }]),
  );
});

test('the script for psql does the same, and a later migration goes on from there', async () => {
  const [byScript, byCommand] = [await emptyDatabase(), await emptyDatabase()];
  await on(byScript, (sql) => sql.unsafe(migrationScript()));
  await migrate(byScript);
  await migrate(byCommand);
  expect(await history(byScript)).toEqual(await history(byCommand));
  const shape = (url: string) =>
    on(url, async (sql) => [
      ...(await sql`
        select c.relname as name, c.relacl::text as acl, pg_get_userbyid(c.relowner) as owner from pg_class c
         where c.relnamespace = 'rolecall'::regnamespace order by 1`),
      ...(await sql`
        select p.oid::regprocedure::text as name, p.proacl::text as acl, pg_get_functiondef(p.oid) as body from pg_proc p
         where p.pronamespace = 'rolecall'::regnamespace order by 1`),
    ]);
  expect(await shape(byScript)).toEqual(await shape(byCommand));
  await expect(on(byScript, (sql) => sql.unsafe(migrationScript()))).rejects.toThrow('already exists');
});

test('a migration that fails half-way leaves nothing behind', async () => {
  const url = await emptyDatabase();
  await on(url, async (sql) => {
    await sql`create schema rolecall`;
    await sql`create table rolecall.users (id int)`;
  });
  await expect(migrate(url)).rejects.toThrow();
  await on(url, async (sql) => {
    const rows =
      await sql`select relname from pg_class where relnamespace = 'rolecall'::regnamespace and relkind = 'r' order by 1`;
    expect(column(rows, 'relname')).toEqual(['users']);
  });
});

test('a migration leaves no lock on a connection that a pooler gives to whoever comes next', async () => {
  const url = await emptyDatabase();
  const pooler = await keptConnections(url);
  try {
    await migrate(pooler.url);
    const kept = await on(
      url,
      (sql) => sql`
        select a.state, array_agg(l.locktype) filter (where l.locktype is not null) as locks
          from pg_stat_activity as a left join pg_locks as l on l.pid = a.pid
         where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
         group by a.pid, a.state`,
    );
    expect([...kept]).toEqual([{ state: 'idle', locks: null }]);
  } finally {
    await pooler.close();
  }
});

/** A database at the release before the last migrations. */
async function migratedTo(migrations: number): Promise<string> {
  const url = await emptyDatabase();
  await on(url, async (sql) => {
    await sql.unsafe(`create schema rolecall;
      create table rolecall.migrations (id serial primary key, hash text not null, created_at bigint)`);
    const files = readMigrationFiles({ migrationsFolder: 'drizzle' }).slice(0, migrations);
    for (const { sql: statements, hash, folderMillis } of files) {
      await sql.unsafe(statements.join(''));
      await sql`insert into rolecall.migrations (hash, created_at) values (${hash}, ${folderMillis})`;
    }
  });
  return url;
}

test('a migration never waits long for a table in use, and what it could not have changes nothing', async () => {
  const url = await migratedTo(14);
  const before = await history(url);
  await on(url, (sql) =>
    sql.begin(async (user) => {
      await user`select from rolecall.holds`;
      const impatient = { lockMs: 20, pauseMs: 1, tries: 3 };
      await expect(migrate(url, impatient)).rejects.toThrow('canceling statement due to lock timeout');
      expect(await history(url)).toEqual(before);
      // Nor does anybody wait behind it any more.
      await on(url, (other) => other`select from rolecall.holds`);
    }),
  );
  await migrate(url);
  expect((await history(url)).length).toBeGreaterThan(before.length);
});

test('a migration that finds a table in use tries again until it is free', async () => {
  const url = await migratedTo(14);
  await on(url, async (sql) => {
    const waiting = async () =>
      (
        await on(
          url,
          (other) => other`select from pg_locks where relation = 'rolecall.holds'::regclass and not granted`,
        )
      ).length;
    let migrated: Promise<void> = Promise.resolve();
    await sql.begin(async (user) => {
      await user`select from rolecall.holds`;
      migrated = migrate(url, { lockMs: 50, pauseMs: 1, tries: 10_000 });
      await expect.poll(waiting, { interval: 5 }).toBe(1);
      await expect.poll(waiting, { interval: 5 }).toBe(0);
    });
    await migrated;
  });
  expect((await history(url)).length).toBeGreaterThan(14);
});

test('the tables in the database are the ones that the code describes', async () => {
  const url = await emptyDatabase();
  await migrate(url);
  const described = Object.values(schema)
    .flatMap((one) => (is(one, PgTable) ? [getTableConfig(one)] : []))
    .flatMap(({ name, columns }) =>
      columns.map(
        (column) => `${name}.${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`,
      ),
    );
  const real = await on(
    url,
    (sql) => sql`
      select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
             || case when a.attnotnull then ' not null' else '' end as line
        from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r' and a.attnum > 0 and c.relname <> 'migrations'`,
  );
  expect(described.length).toBeGreaterThan(50);
  expect(column(real, 'line').sort()).toEqual([...described].sort());
});
