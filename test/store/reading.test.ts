import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../setup/fresh-database.ts';
import { column } from '../support/rig.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;

/** Half a second past a whole one, in the recent past: where rounding shows. */
const T = Math.floor(Date.now() / 1_000) * 1_000 - 100_000 + 500;

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 3, onnotice: () => undefined });
  await sql`
    insert into rolecall.role_keys (key, grants, cutoff) values
      ('org:admin', '{org:posts:read,org:posts:write}', null), ('org:member', '{org:posts:read}', null),
      ('org:nothing', '{}', null), ('org:cut', '{org:posts:read}', ${T})`;
  await member('user_admin', 'org:admin');
  await member('user_member', 'org:member');
  await member('user_nothing', 'org:nothing');
  await member('user_unheard', 'org:unheard');
  await member('user_cut_role', 'org:cut');
  await member('user_gone', 'org:admin', { deleted_at: T });
  await member('user_absent', 'org:admin', { absent_at: T, seen_at: T });
  await member('user_seen_again', 'org:admin', { absent_at: T, seen_at: T + 1 });
  await member('user_contested', 'org:admin', { contested: true });
  await member('user_ceiling', 'org:admin', { ceiling: sql.json([{ role: 'org:member', scoped: {} }]) });
  await member('user_ceiling_unheard', 'org:admin', {
    ceiling: sql.json([{ role: 'org:unheard', scoped: {} }]),
  });
  await member('user_ceiling_cut', 'org:admin', { ceiling: sql.json([{ role: 'org:cut', scoped: {} }]) });
  await member('user_no_role', null);
  await member('user_cut', 'org:member', {}, T);
  await member('user_banned', 'org:admin');
  await member('user_deleted', 'org:admin');
  await member('user_user_cut', 'org:admin');
  await member('user_admin', 'org:admin', {}, null, 'org_deleted');
  await member('user_admin', 'org:admin', {}, null, 'org_cut');
  await sql`
    insert into rolecall.users (id, suspended, deleted_at, cutoff) values
      ('user_banned', true, null, null), ('user_deleted', false, ${T}, null), ('user_user_cut', false, null, ${T})`;
  await sql`
    insert into rolecall.organizations (id, deleted_at, cutoff) values ('org_deleted', ${T}, ${T}), ('org_cut', null, ${T})`;
  await sql`
    insert into rolecall.sessions (id, user_id, ended_at) values
      ('sess_ended', 'user_admin', ${T}), ('sess_theirs', 'user_member', null), ('sess_ours', 'user_admin', null)`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function member(
  user: string,
  role: string | null,
  facts: Record<string, unknown> = {},
  cutoff: number | null = null,
  organization = 'org_1',
): Promise<void> {
  const id = `orgmem_${organization}_${user}`;
  const row = { id, organization_id: organization, user_id: user, created_at: 1_000, role, ...facts };
  await sql`insert into rolecall.memberships ${sql(row)}`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at, cutoff)
    values (${organization}, ${user}, ${id}, 1, 1, ${cutoff})`;
}

async function has(user: unknown, permission: unknown, organization: unknown = 'org_1'): Promise<unknown> {
  const [row] = await sql`
    select rolecall.has_permission(${user as string}, ${organization as string}, ${permission as string}) as has`;
  return row?.['has'];
}

async function current(
  user: unknown,
  issuedAtSeconds: number | string | null,
  { organization = 'org_1' as unknown, session = 'sess_new' as unknown } = {},
): Promise<unknown> {
  const at =
    typeof issuedAtSeconds === 'number' ? new Date(issuedAtSeconds * 1_000).toISOString() : issuedAtSeconds;
  const [row] = await sql`
    select rolecall.token_is_current(${user as string}, ${organization as string}, ${session as string}, ${at}::text::timestamptz) as current`;
  return row?.['current'];
}

const before = Math.floor(T / 1_000);
const after = before + 1;

test.each([
  ['an admin', 'user_admin', true, true],
  ['a member', 'user_member', true, false],
  ['a member whose role grants nothing', 'user_nothing', false, false],
  ['a member whose role was never heard of', 'user_unheard', false, false],
  ['one whose membership ended', 'user_gone', false, false],
  ['one who is presumed absent', 'user_absent', false, false],
  ['one who was seen after the absence', 'user_seen_again', true, true],
  ['a contested member', 'user_contested', false, false],
  ['one whose late promotion waits', 'user_ceiling', true, false],
  ['one whose late role was never heard of', 'user_ceiling_unheard', false, false],
  ['one without a role', 'user_no_role', false, false],
  ['a banned user', 'user_banned', false, false],
  ['a deleted user', 'user_deleted', false, false],
  ['somebody unknown', 'user_unknown', false, false],
])('%s holds what is due: %s reads %s, writes %s', async (_, user, reads, writes) => {
  expect([await has(user, 'org:posts:read'), await has(user, 'org:posts:write')]).toEqual([reads, writes]);
  const listed = await sql`
    select permission from rolecall.current_permissions where user_id = ${user} and organization_id = 'org_1' order by 1`;
  expect(column(listed, 'permission')).toEqual([
    ...(reads ? ['org:posts:read'] : []),
    ...(writes ? ['org:posts:write'] : []),
  ]);
});

test('nobody holds anything in an organization that was deleted', async () => {
  expect(await has('user_admin', 'org:posts:read', 'org_deleted')).toBe(false);
  expect(await sql`select from rolecall.members where organization_id = 'org_deleted'`).toHaveLength(0);
});

test('members are listed with role, time of joining and suspension; who is none is not', async () => {
  const rows =
    await sql`select user_id, role, since, suspended from rolecall.members where organization_id = 'org_1'`;
  const by = new Map(rows.map((row) => [row['user_id'] as string, row]));
  expect(by.get('user_admin')).toMatchObject({ role: 'org:admin', since: new Date(1_000), suspended: false });
  expect(by.get('user_banned')).toMatchObject({ suspended: true });
  for (const user of ['user_gone', 'user_absent', 'user_no_role', 'user_deleted'])
    expect(by.has(user)).toBe(false);
});

test('null, empty and unknown arguments hold nothing, and the answer is false, never null', async () => {
  for (const odd of [null, '', ' ', 'x'.repeat(10_000), "'; drop table rolecall.users; --"]) {
    expect(await has(odd, 'org:posts:read')).toBe(false);
    expect(await has('user_admin', odd)).toBe(false);
    expect(await has('user_admin', 'org:posts:read', odd)).toBe(false);
  }
});

test('whoever asks about a scope or an owner within it is told no, whoever names an owner is answered as without', async () => {
  const ask = async (owner: string | null, type: string | null, id: string | null) =>
    column(
      await sql`select rolecall.has_permission('user_admin', 'org_1', 'org:posts:read', ${owner}, ${type}, ${id}) as has`,
      'has',
    )[0];
  expect(await ask('user_other', null, null)).toBe(true);
  expect(await ask(null, 'workspace', 'ws_1')).toBe(false);
  expect(await ask(null, 'workspace', null)).toBe(false);
  expect(await ask(null, null, 'ws_1')).toBe(false);
  expect(await ask(null, '', '')).toBe(false);
});

test.each([
  ['member', 'user_cut', 'org_1'],
  ['user', 'user_user_cut', 'org_1'],
  ['role', 'user_cut_role', 'org_1'],
  ['role that waits', 'user_ceiling_cut', 'org_1'],
  ['organization', 'user_admin', 'org_cut'],
])(
  'a token of the second in which its %s was cut off is refused, one of the next is not',
  async (_, user, organization) => {
    expect(await current(user, before - 1, { organization })).toBe(false);
    expect(await current(user, before, { organization })).toBe(false);
    expect(await current(user, after, { organization })).toBe(true);
  },
);

test('a cutoff on the very second refuses tokens of that second', async () => {
  await member('user_exact', 'org:member', {}, before * 1_000);
  expect(await current('user_exact', before)).toBe(false);
  expect(await current('user_exact', after)).toBe(true);
});

test('tokens of deleted users and organizations are refused whenever they were issued', async () => {
  const now = Math.floor(Date.now() / 1_000);
  expect(await current('user_deleted', now)).toBe(false);
  expect(await current('user_admin', now, { organization: 'org_deleted' })).toBe(false);
});

test('a session that ended, or that is somebody else’s, is refused; one not heard of is not', async () => {
  const now = Math.floor(Date.now() / 1_000);
  expect(await current('user_admin', now, { session: 'sess_ended' })).toBe(false);
  expect(await current('user_admin', now, { session: 'sess_theirs' })).toBe(false);
  expect(await current('user_admin', now, { session: 'sess_ours' })).toBe(true);
  expect(await current('user_admin', now, { session: 'sess_unheard' })).toBe(true);
});

test('null, empty, infinite and future arguments make no token current', async () => {
  const now = Math.floor(Date.now() / 1_000);
  expect(await current('user_admin', now)).toBe(true);
  for (const odd of [null, '']) {
    expect(await current(odd, now)).toBe(false);
    expect(await current('user_admin', now, { organization: odd })).toBe(false);
    expect(await current('user_admin', now, { session: odd })).toBe(false);
  }
  for (const time of [null, 'infinity', '-infinity', now + 3_600])
    expect(await current('user_admin', time)).toBe(false);
  expect(await current('user_admin', '4000-01-01 BC')).toBe(false);
});

test('the revision is that of the last change, and 0 before there is one', async () => {
  expect(await sql`select rolecall.revision()::int as revision`).toEqual([{ revision: 0 }]);
  await sql`update rolecall.counter set revision = 7`;
  expect(await sql`select rolecall.revision()::int as revision`).toEqual([{ revision: 7 }]);
});
