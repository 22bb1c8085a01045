import { readFileSync } from 'node:fs';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/store/postgres/migrate.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/testing/embedded-postgres.ts';
import { column } from '../support/rig.ts';

/** A cluster of its own: the guide makes roles, and hosts have theirs. */
let server: EmbeddedPostgres;
let admin: Sql;

const GUIDE = readFileSync('docs/row-level-security.md', 'utf8');
const ran = new Set<string>();

/** The SQL of one chapter, a block each. */
function blocks(chapter: string): string[] {
  const text = GUIDE.split(/^## /m).find((one) => one.startsWith(`${chapter}\n`));
  if (text === undefined) throw new Error(`the guide has no chapter ${chapter}`);
  const found = [...text.matchAll(/^```sql\n(.*?)^```/gms)].map(([, sql]) => sql ?? '');
  expect(found.length, chapter).toBeGreaterThan(0);
  for (const block of found) ran.add(block);
  return found;
}

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  await migrate(server.url);
  admin = postgres(server.url, { max: 1, onnotice: () => undefined });
  await admin`
    insert into rolecall.role_keys (key, scope, grants) values
      ('org:admin', 'organization', '{invoices:read,invoices:write,conversations:read}'),
      ('org:agent', 'organization', '{"conversations:read own"}'), ('VIEWER', 'workspace', '{flows:read}')`;
  await admin`update rolecall.active_policy set scopes = '{workspace}'`;
  await hire('user_admin', 'org_a', 'org:admin');
  await hire('user_agent', 'org_a', 'org:agent', { workspace: { w_1: 'VIEWER' } });
  await hire('user_other', 'org_b', 'org:admin');
  for (const block of blocks('Protect a table')) await admin.unsafe(block);
  await admin`insert into invoices (organization_id, amount) select 'org_' || o, n from unnest('{a,b}'::text[]) o, generate_series(1, 3) n`;
  await admin`insert into announcements values ('org_a', 'A'), ('org_b', 'B')`;
  await admin`insert into conversations values ('org_a', 'user_agent', 'mine'), ('org_a', null, 'nobody’s'), ('org_b', 'user_agent', 'elsewhere')`;
  await admin`insert into flows values ('org_a', 'w_1', 'here'), ('org_a', 'w_2', 'there'), ('org_b', 'w_1', 'elsewhere')`;
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

async function hire(user: string, organization: string, role: string, scoped = {}): Promise<void> {
  const id = `orgmem_${organization}_${user}`;
  const row = { id, organization_id: organization, user_id: user, created_at: 1_000, role };
  await admin`insert into rolecall.memberships ${admin({ ...row, scoped: admin.json(scoped) })}`;
  await admin`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    values (${organization}, ${user}, ${id}, 1, 1)`;
}

function claimsOf(user: string, organization = 'org_a'): string {
  const iat = Math.floor(Date.now() / 1_000);
  return JSON.stringify({
    v: 2,
    sub: user,
    sid: `sess_${user}`,
    iat,
    exp: iat + 60,
    sts: 'active',
    o: { id: organization },
    role: 'authenticated',
  });
}

function connect(user: string, password: string): Sql {
  const url = new URL(server.url);
  url.username = user;
  url.password = password;
  return postgres(url.href, { max: 1, onnotice: () => undefined });
}

/** The transaction as the guide writes it, with `query` for the app's own. */
async function transaction(own: Sql, block: string, claims: string, query: string): Promise<unknown[]> {
  const statements = block.split(';').map((one) => one.trim());
  expect(statements).toEqual([
    'begin',
    expect.stringContaining('$1'),
    'select * from invoices',
    'commit',
    '',
  ]);
  const rows = await own.begin(async (open) => {
    await open.unsafe(statements[1] ?? '', [claims]);
    return column(await open.unsafe(query), 'told');
  });
  return [...rows];
}

const QUERIES = {
  invoices: 'select count(*)::int as told from invoices',
  announcements: 'select body as told from announcements',
  conversations: 'select subject as told from conversations order by 1',
  flows: 'select name as told from flows order by 1',
};

async function seen(own: Sql, block: string, claims: string): Promise<Record<string, unknown[]>> {
  const answers: Record<string, unknown[]> = {};
  for (const [name, query] of Object.entries(QUERIES))
    answers[name] = await transaction(own, block, claims, query);
  return answers;
}

test.each([
  ['Plain Postgres', 'app'],
  ['Neon', 'neon_app'],
])('%s: the login that the guide makes sees what its users may', async (chapter, login) => {
  const [make = '', bridge = blocks('Plain Postgres')[1] ?? ''] = blocks(chapter);
  await admin.unsafe(make);
  const own = connect(login, 'change-me');
  expect(await seen(own, bridge, claimsOf('user_admin'))).toEqual({
    invoices: [3],
    announcements: ['A'],
    conversations: ['mine', 'nobody’s'],
    flows: [],
  });
  expect(await seen(own, bridge, claimsOf('user_agent'))).toEqual({
    invoices: [0],
    announcements: ['A'],
    conversations: ['mine'],
    flows: ['here'],
  });
  expect(await seen(own, bridge, claimsOf('user_other', 'org_b'))).toMatchObject({
    invoices: [3],
    announcements: ['B'],
  });
  expect(await seen(own, bridge, claimsOf('user_other'))).toEqual({
    invoices: [0],
    announcements: [],
    conversations: [],
    flows: [],
  });
  // Outside of such a transaction it has no rights at all.
  await expect(own`select * from invoices`).rejects.toMatchObject({ code: '42501' });
  await own.end();
});

test('Neon: a role that bypasses row-level security, as its console makes them, is named by the guide’s query', async () => {
  await admin`create role neondb_owner login password 'owner' bypassrls`;
  const [active = '', bypassing = ''] = blocks('Who is not held by it');
  expect(column(await admin.unsafe(bypassing), 'rolname')).toContain('neondb_owner');
  await admin`grant select on invoices to neondb_owner`;
  const owner = connect('neondb_owner', 'owner');
  expect(await owner.unsafe(active)).toEqual([{ row_security_active: false }]);
  await owner.end();
  await admin.begin(async (own) => {
    await own`set local role rolecall_subject`;
    expect(await own.unsafe(active)).toEqual([{ row_security_active: true }]);
  });
});

test('Supabase: its roles and PostgREST’s way to set them come to the same', async () => {
  await admin`create role anon nologin`;
  await admin`create role authenticated nologin`;
  await admin`create role service_role nologin bypassrls`;
  await admin`create role authenticator login password 'api' noinherit`;
  await admin`grant anon, authenticated, service_role to authenticator`;
  await admin`grant select on invoices to anon, authenticated, service_role`;
  for (const block of blocks('Supabase')) await admin.unsafe(block);
  const api = connect('authenticator', 'api');
  const as = (role: string, claims: string) =>
    api.begin(async (own) => {
      await own`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${claims}, true)`;
      return (await own`select from invoices`).length;
    });
  expect(await as('authenticated', claimsOf('user_admin'))).toBe(3);
  expect(await as('authenticated', claimsOf('user_agent'))).toBe(0);
  expect(await as('authenticated', '{"role":"authenticated"}')).toBe(0);
  expect(await as('anon', '{"role":"anon"}')).toBe(0);
  expect(await as('service_role', '{"role":"service_role"}')).toBe(6);
  await api.end();
});

test('Supabase: its linter’s rules hold for everything in the schema', async () => {
  const found = await admin`
    select 'rls_disabled' as rule, c.relname from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r' and not c.relrowsecurity
    union all
    select 'rls_enabled_no_policy', c.relname from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r'
       and not exists (select from pg_policy p where p.polrelid = c.oid)
    union all
    select 'security_definer_view', c.relname from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('v', 'm')
       and (has_table_privilege('anon', c.oid, 'select') or has_table_privilege('authenticated', c.oid, 'select'))
    union all
    select 'function_search_path_mutable', p.proname from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and p.proname <> 'snapshot'
       and not exists (select from unnest(p.proconfig) s where s like 'search\\_path=%')
    union all
    select 'policy_always_true', tablename from pg_policies where schemaname = 'rolecall' and roles && '{public,anon,authenticated}'
    union all
    select 'anon_security_definer_function_executable', p.proname from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and p.prosecdef and has_function_privilege('anon', p.oid, 'execute')
    union all
    select 'no_primary_key', c.relname from pg_class c where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r'
       and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)`;
  expect([...found]).toEqual([]);
});

test('every block of SQL in the guide was run', () => {
  const all = [...GUIDE.matchAll(/^```sql\n(.*?)^```/gms)].map(([, sql]) => sql ?? '');
  expect(all.length).toBeGreaterThan(8);
  expect(all.filter((block) => !ran.has(block))).toEqual([]);
});
