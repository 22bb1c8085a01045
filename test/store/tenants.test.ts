import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../setup/fresh-database.ts';
import { column } from '../support/rig.ts';

// What is there is read from the catalogue, so that a table, view or function that comes later is tried too.

/** Stands in everything that belongs to the other tenant: whoever reads it anywhere has learnt something. */
const SECRET = 'secret_b';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;
const logins: string[] = [];
const now = Math.floor(Date.now() / 1_000);

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 3, onnotice: () => undefined });
  await fillEveryTable();
  await sql`
    insert into rolecall.role_keys (key, scope, grants) values
      ('org:admin', 'organization', '{org:posts:read,org:posts:write}'), ('org:agent', 'organization', '{"org:posts:read own"}'),
      ('EDITOR', 'workspace', '{org:posts:read}')`;
  await sql`update rolecall.active_policy set scopes = '{workspace}', reached = '{}', first_count = 0, reads_organizations = true`;
  await hire('user_a', 'org_a', 'org:agent');
  await hire('user_colleague', 'org_a', 'org:admin');
  await hire('user_a', `org_${SECRET}`, 'org:admin');
  await hire(`user_${SECRET}`, `org_${SECRET}`, 'org:admin');
});
afterAll(async () => {
  for (const login of logins) {
    await sql.unsafe(`drop owned by ${login} cascade`);
    await sql.unsafe(`drop role ${login}`);
  }
  await sql.end();
  await database.drop();
});

async function hire(user: string, organization: string, role: string): Promise<void> {
  const id = `orgmem_${organization}_${user}`;
  const scoped = sql.json({ workspace: { [`w_${organization}`]: 'EDITOR' } });
  await sql`insert into rolecall.users (id) values (${user}) on conflict do nothing`;
  await sql`insert into rolecall.organizations (id) values (${organization}) on conflict do nothing`;
  await sql`
    insert into rolecall.memberships ${sql({ id, organization_id: organization, user_id: user, created_at: 1_000, role, scoped })}`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    values (${organization}, ${user}, ${id}, 1, 1)`;
}

interface Relation {
  readonly name: string;
  readonly kind: 'r' | 'p' | 'v' | 'm';
}

const relations = () =>
  sql<Relation[]>`
    select c.relname as name, c.relkind::text as kind from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') order by 1`;

const columnsOf = (relation: string) =>
  sql<{ name: string; type: string; generated: boolean }[]>`
    select a.attname as name, format_type(a.atttypid, null) as type, a.attidentity <> '' or a.attgenerated <> '' as generated
      from pg_attribute a where a.attrelid = ${`rolecall.${relation}`}::regclass and a.attnum > 0 and not a.attisdropped`;

/** A row of the other tenant in each table, whatever its columns are. */
async function fillEveryTable(): Promise<void> {
  const checks = await sql<{ name: string; table: string }[]>`
    select conname as name, conrelid::regclass::text as table from pg_constraint
     where connamespace = 'rolecall'::regnamespace and contype = 'c'`;
  for (const { name, table } of checks) await sql.unsafe(`alter table ${table} drop constraint "${name}"`);
  const values: Readonly<Record<string, string>> = {
    text: `'${SECRET}'`,
    'text[]': `'{${SECRET}}'`,
    'integer[]': `'{1}'`,
    jsonb: `'{"${SECRET}": {"${SECRET}": ["${SECRET}"]}}'`,
    bytea: `'${SECRET}'`,
    uuid: 'gen_random_uuid()',
    boolean: 'true',
    'timestamp with time zone': 'now()',
  };
  for (const { name } of (await relations()).filter(({ kind }) => kind === 'r' || kind === 'p')) {
    const columns = (await columnsOf(name)).filter(({ generated }) => !generated);
    const listed = columns.map((one) => `"${one.name}"`).join(', ');
    const row = columns.map(({ type }) => values[type] ?? '1').join(', ');
    await sql.unsafe(`insert into rolecall.${name} (${listed}) values (${row}) on conflict do nothing`);
    expect(await sql.unsafe(`select from rolecall.${name} limit 1`), name).toHaveLength(1);
  }
}

/** A login of its own, with these statements run for it (`LOGIN` is its name). */
async function as<T>(
  grants: readonly string[],
  run: (own: Sql, notices: string[]) => Promise<T>,
): Promise<T> {
  const name = `login_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await sql.unsafe(`create role ${name} login password 'login'`);
  logins.push(name);
  for (const grant of grants) await sql.unsafe(grant.replaceAll('LOGIN', name));
  const url = new URL(database.url);
  url.username = name;
  url.password = 'login';
  const notices: string[] = [];
  const own = postgres(url.href, {
    max: 1,
    onnotice: (notice) => void notices.push(String(notice['message'])),
  });
  try {
    return await run(own, notices);
  } finally {
    await own.end();
  }
}

const CARELESS = [
  'grant usage on schema rolecall to LOGIN',
  'grant select, insert, update, delete on all tables in schema rolecall to LOGIN',
];

test('every table has row-level security, and policies for the service and the views alone', async () => {
  const tables = await sql<{ relname: string; secured: boolean; policies: string[] }[]>`
    select c.relname, c.relrowsecurity as secured, array(
             select p.policyname || ' ' || lower(p.cmd) || ' ' || array_to_string(p.roles, ',') from pg_policies p
              where p.schemaname = 'rolecall' and p.tablename = c.relname order by 1) as policies
      from pg_class c where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p')`;
  expect(tables.length).toBeGreaterThan(15);
  for (const { relname, secured, policies } of tables) {
    expect(secured, relname).toBe(true);
    expect(policies, relname).toContain('service all rolecall_service');
    expect(['readers select rolecall_views', 'service all rolecall_service'], relname).toEqual(
      expect.arrayContaining(policies),
    );
  }
});

/** Rows that were read; none where reading was refused. */
async function rowsOf(own: Sql, query: string): Promise<readonly object[]> {
  try {
    return await own.unsafe(query);
  } catch (error) {
    expect(error, query).toMatchObject({ code: '42501' });
    return [];
  }
}

test.each([
  ['nothing else', []],
  ['what end users have', ['grant rolecall_subject to LOGIN']],
])(
  'a login that was granted all tables by carelessness, and %s, reads and writes no row of any',
  async (_, more) => {
    await as([...CARELESS, ...more], async (own) => {
      for (const { name, kind } of await relations()) {
        expect(await rowsOf(own, `select * from rolecall.${name}`), name).toHaveLength(0);
        expect(await rowsOf(own, `select from rolecall.${name} having count(*) > 0`), name).toHaveLength(0);
        if (kind === 'v' || kind === 'm') continue;
        const [first] = await columnsOf(name);
        expect((await own.unsafe(`delete from rolecall.${name}`)).count, name).toBe(0);
        expect((await own.unsafe(`update rolecall.${name} set "${first?.name}" = default`)).count, name).toBe(
          0,
        );
        await expect(own.unsafe(`insert into rolecall.${name} default values`), name).rejects.toThrow();
      }
      await expect(own`insert into rolecall.counter ("only", revision) values (false, 1)`).rejects.toThrow(
        'row-level security',
      );
    });
  },
);

test('neither does a function of its own see a row before it is left out', async () => {
  await as([...CARELESS, 'grant rolecall_subject to LOGIN'], async (own, notices) => {
    await own`
      create function pg_temp.leak(seen text) returns boolean language plpgsql cost 0.0000001 as
      $$ begin raise notice 'seen %', seen; return true; end $$`;
    for (const { name } of await relations()) {
      for (const { name: one } of await columnsOf(name)) {
        const leak = `pg_temp.leak(t."${one}"::text)`;
        await rowsOf(own, `select from rolecall.${name} as t where ${leak}`);
        await rowsOf(own, `select from (values (1)) as v left join rolecall.${name} as t on ${leak}`);
        await rowsOf(own, `select max(t."${one}"::text) filter (where ${leak}) from rolecall.${name} as t`);
      }
    }
    expect(notices).toEqual([]);
    // It does tell, where there is something to see.
    await own`select where pg_temp.leak('this')`;
    expect(notices).toEqual(['seen this']);
  });
});

test('a login of no role reads no table, view or sequence and calls no function', async () => {
  await as([], async (own) => {
    for (const { name } of await relations()) {
      await expect(own.unsafe(`select * from rolecall.${name}`), name).rejects.toMatchObject({
        code: '42501',
      });
    }
    const callable = await own`
      select p.proname from pg_proc p where p.pronamespace = 'rolecall'::regnamespace and has_function_privilege(p.oid, 'execute')`;
    expect(column(callable, 'proname')).toEqual([]);
  });
});

test('readers may read three views, subjects none, and neither may write anywhere', async () => {
  const rights = await sql`
    select r.role, p.privilege, c.relname
      from unnest(array['rolecall_reader', 'rolecall_subject']) as r(role),
           unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as p(privilege),
           pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
       and (has_table_privilege(r.role, c.oid, p.privilege)
            or p.privilege in ('select', 'insert', 'update') and has_any_column_privilege(r.role, c.oid, p.privilege))
     order by c.relname`;
  expect(rights.map((right) => Object.values(right).join(' '))).toEqual([
    'rolecall_reader select current_permissions',
    'rolecall_reader select grants',
    'rolecall_reader select members',
  ]);
  const sequences = await sql`
    select c.relname from pg_class c, unnest(array['rolecall_reader', 'rolecall_subject']) as r(role)
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'S'
       and has_sequence_privilege(r.role, c.oid, 'usage, select, update')`;
  expect(column(sequences, 'relname')).toEqual([]);
});

test('what runs with the owner’s rights only reads, for readers or for subjects, never for both; the rest is the service’s', async () => {
  const functions = await sql`
    select p.proname, p.provolatile::text as volatility, has_function_privilege('rolecall_reader', p.oid, 'execute') as reader,
           has_function_privilege('rolecall_subject', p.oid, 'execute') as subject,
           array(select pg_get_userbyid(a.grantee)::text from aclexplode(p.proacl) as a order by 1) as grantees
      from pg_proc p where p.pronamespace = 'rolecall'::regnamespace and p.prosecdef`;
  expect(functions.length).toBeGreaterThan(5);
  for (const one of functions) {
    const callers = [one['reader'], one['subject']].filter(Boolean);
    if (callers.length === 0) {
      const others = (one['grantees'] as string[]).filter((name) => !/^rolecall_(owner|views)$/.test(name));
      expect(others, String(one['proname'])).toEqual(
        one['proname'] === 'withhold_views' ? [] : ['rolecall_service'],
      );
    } else {
      expect([one['volatility'], callers.length], String(one['proname'])).toEqual(['s', 1]);
    }
  }
});

/** Every function that a subject may call, with every combination of arguments that mean something to somebody. */
async function everyAnswer(own: Sql, claims: object): Promise<Record<string, unknown[]>> {
  const functions = await own<{ name: string; arity: number }[]>`
    select p.proname as name, p.pronargs::int as arity from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and has_function_privilege(p.oid, 'execute') order by 1`;
  const words = [
    'org:posts:read',
    'org_a',
    `org_${SECRET}`,
    'user_a',
    `user_${SECRET}`,
    'workspace',
    `w_org_${SECRET}`,
    '*',
    '',
  ];
  const others = [['user_a', `user_${SECRET}`], ['workspace'], ['w_org_a', `w_org_${SECRET}`, '*']];
  const answers: Record<string, unknown[]> = {};
  await own.begin(async (open) => {
    await open`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
    for (const { name, arity } of functions) {
      const places = Array.from({ length: arity }, (_, index) => `a${index}`);
      // What and where, whose, in which type of resource, in which one.
      const sources = places.map((place, index) => {
        const some = index < 2 ? [...words, null] : [null, ...(others[index - 2] ?? words)];
        return `unnest(array[${some.map((word) => (word === null ? 'null' : `'${word}'`)).join(', ')}]::text[]) as ${place}`;
      });
      const call = `rolecall.${name}(${places.join(', ')})`;
      const rows = await open.unsafe(
        `select concat_ws('|', ${[...places.map((place) => `coalesce(${place}, 'null')`), `''`].join(', ')}) as asked, answer
           from ${[...sources, `lateral (select ${call} as answer offset 0) as called`].join(', ')}`,
      );
      answers[name] = rows.map((row) => `${String(row['asked'])} ${String(row['answer'])}`).sort();
    }
  });
  return answers;
}

const token = (user: string, organization: string) => ({
  sub: user,
  sid: 'sess_1',
  iat: now,
  sts: 'active',
  o: { id: organization },
});

/** What a subject of one organization is told: every test leaves it as it found it. */
let answers: Record<string, unknown[]>;
beforeAll(() =>
  as(['grant rolecall_subject to LOGIN'], async (own) => {
    answers = await everyAnswer(own, token('user_a', 'org_a'));
  }),
);

test('a subject of one organization learns nothing of another, or of others in its own, by any argument', async () => {
  await as(['grant rolecall_subject to LOGIN'], async (own) => {
    expect(Object.keys(answers).length).toBeGreaterThan(4);
    // Whatever is answered with anything but false or nothing, and what was asked for it.
    const told = Object.entries(answers).flatMap(([name, rows]) =>
      rows.map((row) => `${name} ${String(row)}`).filter((row) => !/ (false|null)$/.test(row)),
    );
    expect(told.filter((row) => row.endsWith(SECRET) || row.endsWith('user_colleague'))).toEqual([]);
    expect(told).toEqual([
      'i_can org:posts:read|org_a|null|workspace|w_org_a| true',
      'i_can org:posts:read|org_a|user_a|null|null| true',
      'i_can org:posts:read|org_a|user_a|workspace|w_org_a| true',
      // Whoever owns it: the role there reads all of it.
      `i_can org:posts:read|org_a|user_${SECRET}|workspace|w_org_a| true`,
      'my_organization_id  org_a',
      'my_scopes org:posts:read|workspace| w_org_a',
      'my_user_id  user_a',
    ]);

    // And it makes no difference what becomes of them.
    await sql`update rolecall.users set suspended = true, cutoff = ${now * 2_000} where id in (${`user_${SECRET}`}, 'user_colleague')`;
    await sql`update rolecall.pairs set cutoff = ${now * 2_000} where organization_id = ${`org_${SECRET}`} or user_id <> 'user_a'`;
    await sql`update rolecall.organizations set deleted_at = 1, cutoff = ${now * 2_000} where id = ${`org_${SECRET}`}`;
    expect(await everyAnswer(own, token('user_a', 'org_a'))).toEqual(answers);
    await sql`update rolecall.users set suspended = false, cutoff = null`;
    await sql`update rolecall.pairs set cutoff = null`;
    await sql`update rolecall.organizations set deleted_at = null, cutoff = null`;
  });
});

test('a subject’s temporary tables, views and functions of the same names change no answer', async () => {
  await as(['grant rolecall_subject to LOGIN'], async (own) => {
    for (const { name } of await relations()) {
      const columns = await columnsOf(name);
      const listed = columns.map((one) => `"${one.name}" ${one.type}`).join(', ');
      await own.unsafe(`create temporary table "${name}" (${listed})`);
    }
    const functions = await sql<{ name: string; args: string; result: string }[]>`
      select p.proname as name, pg_get_function_identity_arguments(p.oid) as args, pg_get_function_result(p.oid) as result from pg_proc p
       where p.pronamespace = 'rolecall'::regnamespace and p.prorettype = 'boolean'::regtype and not p.proretset`;
    for (const { name, args, result } of functions) {
      await own.unsafe(
        `create function pg_temp."${name}"(${args}) returns ${result} language sql return true`,
      );
    }
    await own`create function pg_temp.current_setting(text, boolean) returns text language sql return '{"sub":"user_colleague"}'`;
    await own`create function pg_temp.now() returns timestamptz language sql return 'epoch'::timestamptz`;
    await own`create function pg_temp.pg_has_role(name, name, text) returns boolean language sql return true`;
    await own`set search_path = pg_temp, rolecall, public`;
    expect(await everyAnswer(own, token('user_a', 'org_a'))).toEqual(answers);
  });
});

test('what is answered from six rows is what the whole derivation says, for everybody', async () => {
  const different = await sql`
    select p.organization_id, p.user_id, asked.permission, asked.owner
      from rolecall.pairs p, lateral (
        select permission, owner from unnest(array['org:posts:read', 'org:posts:write', ${SECRET}]) as permission,
               unnest(array[null, p.user_id, 'somebody']) as owner) as asked
     where rolecall.has_permission(p.user_id, p.organization_id, asked.permission, asked.owner) <> exists (
       select from rolecall.access a where a.organization_id = p.organization_id and a.user_id = p.user_id
          and a.permissions && case when asked.owner = p.user_id then array[asked.permission, asked.permission || ' own']
                                    else array[asked.permission] end)`;
  expect([...different]).toEqual([]);
});
