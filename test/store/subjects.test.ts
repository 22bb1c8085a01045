import postgres, { type Sql, type TransactionSql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../setup/fresh-database.ts';
import { column } from '../support/rig.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;

/** Seconds: when tokens are issued here unless they say otherwise. */
const now = Math.floor(Date.now() / 1_000);
const hourAgo = (now - 3_600) * 1_000;

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 3, onnotice: () => undefined });
  await sql`
    insert into rolecall.role_keys (key, scope, grants, cutoff) values
      ('org:admin', 'organization', '{org:posts:read,org:posts:write}', null),
      ('org:agent', 'organization', '{"org:posts:read own"}', null),
      ('org:cut', 'organization', '{org:posts:read}', ${now * 1_000}),
      ('org:owner', 'organization', '{org:posts:read,org:posts:burn}', null),
      ('CUT', 'workspace', '{flows:run}', ${now * 1_000}),
      ('EDITOR', 'workspace', '{flows:run}', null)`;
  await sql`update rolecall.active_policy set scopes = '{workspace,folder}', reached = '{folder}'`;
  await member('user_a', 'org:admin');
  await member('user_a', 'org:admin', {}, 'org_2');
  await member('user_b', 'org:admin', {}, 'org_2');
  await member('user_agent', 'org:agent', {
    scoped: sql.json({ workspace: { w_1: 'EDITOR', '*': 'EDITOR' } }),
  });
  await member('user_gone', 'org:admin', { deleted_at: hourAgo });
  await member('user_absent', 'org:admin', { absent_at: hourAgo });
  await member('user_contested', 'org:admin', { contested: true });
  await member('user_banned', 'org:admin');
  await member('user_cut', 'org:admin', {}, 'org_1', now * 1_000);
  await member('user_role_cut', 'org:cut');
  await member('user_place_cut', 'org:admin', { scoped: sql.json({ workspace: { w_1: 'CUT' } }) });
  await member('user_less', 'org:admin');
  await sql`update rolecall.pairs set left_roles = ${sql.json({ 'org:owner': now * 1_000 })} where user_id = 'user_less'`;
  await sql`insert into rolecall.users (id, suspended, cutoff) values ('user_banned', true, null), ('user_password', false, ${now * 1_000})`;
  await member('user_password', 'org:admin');
  await sql`insert into rolecall.sessions (id, user_id, ended_at) values ('sess_ended', 'user_a', ${hourAgo}), ('sess_b', 'user_b', null)`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function member(
  user: string,
  role: string,
  facts: Record<string, unknown> = {},
  organization = 'org_1',
  cutoff: number | null = null,
): Promise<void> {
  const id = `orgmem_${organization}_${user}`;
  await sql`
    insert into rolecall.memberships ${sql({ id, organization_id: organization, user_id: user, created_at: 1_000, role, ...facts })}`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at, cutoff)
    values (${organization}, ${user}, ${id}, 1, 1, ${cutoff})`;
}

/** As Clerk's second version has them; `undefined` leaves one out. */
function claimsOf(user: string, replaced: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    v: 2,
    sub: user,
    sid: `sess_of_${user}`,
    iat: now,
    exp: now + 60,
    sts: 'active',
    o: { id: 'org_1', rol: 'admin', per: 'manage', fpm: '3' },
    ...replaced,
  };
}

/** In a transaction of `rolecall_subject` with these claims: as they are when they are text, none when null. */
async function as<T>(claims: object | string | null, run: (sql: TransactionSql) => Promise<T>): Promise<T> {
  const told = claims === null || typeof claims === 'string' ? claims : JSON.stringify(claims);
  const answer = await sql.begin(async (own) => {
    await own`select set_config('role', 'rolecall_subject', true)`;
    if (told !== null) await own`select set_config('request.jwt.claims', ${told}, true)`;
    return { value: await run(own) };
  });
  return answer.value;
}

async function can(
  claims: object | string | null,
  permission: string | null = 'org:posts:read',
  organization: string | null = 'org_1',
  rest: { owner?: string; type?: string; id?: string } = {},
): Promise<unknown> {
  const { owner = null, type = null, id = null } = rest;
  return as(claims, async (own) => {
    const rows =
      await own`select rolecall.i_can(${permission}, ${organization}, ${owner}, ${type}, ${id}) as can`;
    return column(rows, 'can')[0];
  });
}

/** Everything that a subject can ask, with these claims. */
async function everything(claims: object | string | null): Promise<unknown> {
  return as(claims, async (own) => {
    const [row] = await own`
      select rolecall.i_can('org:posts:read', 'org_1') as can,
             array(select rolecall.my_organizations('org:posts:read')) as organizations,
             rolecall.my_user_id() as user, rolecall.my_organization_id() as organization,
             array(select rolecall.my_scopes('flows:run', 'workspace')) as workspaces,
             array(select rolecall.my_scopes('org:posts:read', 'folder')) as folders`;
    return row;
  });
}

const NOTHING = {
  can: false,
  organizations: [],
  user: null,
  organization: null,
  workspaces: [],
  folders: [],
};

test('a member can what the role grants, in the organization of the token', async () => {
  expect(await everything(claimsOf('user_a'))).toEqual({
    can: true,
    organizations: ['org_1'],
    user: 'user_a',
    organization: 'org_1',
    workspaces: [],
    folders: ['*'],
  });
  expect(await can(claimsOf('user_a'), 'org:posts:write')).toBe(true);
  expect(await can(claimsOf('user_a'), 'org:posts:burn')).toBe(false);
});

test('the same member can nothing in another of their organizations: the token is of one', async () => {
  expect(await can(claimsOf('user_a'), 'org:posts:read', 'org_2')).toBe(false);
  const other = claimsOf('user_a', { o: { id: 'org_2' } });
  expect(await can(other, 'org:posts:read', 'org_2')).toBe(true);
  expect(await can(other)).toBe(false);
});

test('a token of no organization says who it is, and can nothing in any', async () => {
  const alone = { ...NOTHING, user: 'user_a' };
  expect(await everything(claimsOf('user_a', { o: undefined }))).toEqual(alone);
  expect(await everything({ sub: 'user_a', sid: 'sess_1', iat: now, org_id: null })).toEqual(alone);
});

test.each([
  ['one whose membership ended', 'user_gone', { user: 'user_gone' }],
  ['one whom the provider does not list', 'user_absent', { user: 'user_absent' }],
  ['a contested member', 'user_contested', { user: 'user_contested' }],
  ['a member of another organization', 'user_b', { user: 'user_b' }],
  ['somebody unknown', 'user_z', { user: 'user_z' }],
  ['a banned user', 'user_banned', {}],
  ['a member who was cut off', 'user_cut', {}],
  ['one whose role was cut off', 'user_role_cut', {}],
  ['one whose role in a workspace was cut off', 'user_place_cut', {}],
  ['one who left a role that gave more', 'user_less', {}],
  ['a user who was cut off', 'user_password', {}],
])('%s can nothing', async (_, user, known) => {
  expect(await everything(claimsOf(user))).toEqual({ ...NOTHING, ...known });
});

test('a token issued in a later second than the cutoff is good again', async () => {
  for (const user of ['user_cut', 'user_role_cut', 'user_place_cut', 'user_less', 'user_password']) {
    expect(await can(claimsOf(user, { iat: now + 1 })), user).toBe(true);
  }
});

test('an owner can what holds for own rows, and for nobody else’s', async () => {
  const agent = claimsOf('user_agent');
  expect(await can(agent)).toBe(false);
  expect(await can(agent, 'org:posts:read', 'org_1', { owner: 'user_agent' })).toBe(true);
  expect(await can(agent, 'org:posts:read', 'org_1', { owner: 'user_a' })).toBe(false);
  expect(await can(agent, 'org:posts:read own')).toBe(false);
  expect(await as(agent, (own) => own`select rolecall.my_organizations('org:posts:read')`)).toHaveLength(0);
});

test('a resource has its own roles, and organization roles where they reach into it', async () => {
  const agent = claimsOf('user_agent');
  expect(await can(agent, 'flows:run', 'org_1', { type: 'workspace', id: 'w_1' })).toBe(true);
  expect(await can(agent, 'flows:run', 'org_1', { type: 'workspace', id: 'w_2' })).toBe(false);
  expect(await can(agent, 'flows:run', 'org_1', { type: 'workspace' })).toBe(false);
  expect(await can(agent, 'flows:run', 'org_1', { id: 'w_1' })).toBe(false);
  expect(await can(agent, 'flows:run')).toBe(false);
  expect(await everything(agent)).toMatchObject({ workspaces: ['w_1'], folders: [] });
  expect(await can(claimsOf('user_a'), 'org:posts:read', 'org_1', { type: 'folder', id: 'f_1' })).toBe(true);
});

test('claims of the first version count as they are', async () => {
  const first = { sub: 'user_a', sid: 'sess_1', iat: now, org_id: 'org_1' };
  expect(await can(first)).toBe(true);
  expect(await can({ ...first, v: 1 })).toBe(true);
  expect(await can({ ...first, sts: 'pending' })).toBe(false);
  // Of the second version, which names its organization elsewhere.
  expect(await can({ ...first, v: 2, sts: 'active' })).toBe(false);
  expect(await can({ ...first, v: 3, sts: 'active' })).toBe(false);
});

test('the five claims that are needed are enough', async () => {
  const five = { sub: 'user_a', sid: 'sess_1', iat: now, sts: 'active', o: { id: 'org_1' } };
  expect(await can(five)).toBe(true);
  for (const left of ['sub', 'sid', 'iat', 'sts', 'o']) {
    expect(await can({ ...five, [left]: undefined }), `without ${left}`).toBe(false);
  }
});

const HOSTILE: readonly [string, object | string | null][] = [
  ['none', null],
  ['empty', ''],
  ['blank', ' '],
  ['no JSON', '{sub: user_a'],
  ['half of it', JSON.stringify(claimsOf('user_a')).slice(0, -1)],
  ['two', `${JSON.stringify(claimsOf('user_a'))}{}`],
  ['null', 'null'],
  ['a number', '1e1000000'],
  ['text', '"user_a"'],
  ['a list', [claimsOf('user_a')]],
  ['a zero byte in it', '{"sub":"user_a\\u0000"}'],
  ['half a surrogate', '{"sub":"\\ud800"}'],
  ['deeper than the stack', '['.repeat(100_000)],
  ['deep, and within the bounds of length', '{"a":'.repeat(3_000)],
  ['too long', JSON.stringify({ ...claimsOf('user_a'), pad: 'x'.repeat(20_000) })],
  ['SQL', "'; drop table rolecall.users; --"],
  ['no user', claimsOf('user_a', { sub: undefined })],
  ['an empty user', claimsOf('')],
  ['a user that is null', claimsOf('user_a', { sub: null })],
  ['a list of users', claimsOf('user_a', { sub: ['user_a'] })],
  ['an object for a user', claimsOf('user_a', { sub: { id: 'user_a' } })],
  ['SQL for a user', claimsOf("user_a' or '1'='1")],
  ['no session', claimsOf('user_a', { sid: undefined })],
  ['an empty session', claimsOf('user_a', { sid: '' })],
  ['a number for a session', claimsOf('user_a', { sid: 1 })],
  ['an ended session', claimsOf('user_a', { sid: 'sess_ended' })],
  ['somebody else’s session', claimsOf('user_a', { sid: 'sess_b' })],
  ['no time', claimsOf('user_a', { iat: undefined })],
  ['a time in words', claimsOf('user_a', { iat: String(now) })],
  ['half a second', claimsOf('user_a', { iat: now - 0.5 })],
  ['a negative time', claimsOf('user_a', { iat: -1, exp: undefined })],
  ['a time in milliseconds', claimsOf('user_a', { iat: now * 1_000, exp: undefined })],
  [
    'the end of time',
    JSON.stringify(claimsOf('user_a', { exp: undefined })).replace(/"iat":\d+/, '"iat":1e400'),
  ],
  ['infinity', JSON.stringify(claimsOf('user_a')).replace(/"iat":\d+/, '"iat":"Infinity"')],
  ['a time in the future', claimsOf('user_a', { iat: now + 3_600, exp: now + 3_660 })],
  ['expired', claimsOf('user_a', { iat: now - 200, exp: now - 140 })],
  ['an end before the beginning', claimsOf('user_a', { exp: now })],
  ['an end in words', claimsOf('user_a', { exp: 'never' })],
  ['a life of ten years', claimsOf('user_a', { exp: now + 315_360_000 })],
  ['a pending session', claimsOf('user_a', { sts: 'pending' })],
  ['no status', claimsOf('user_a', { sts: undefined })],
  ['a status that is null', claimsOf('user_a', { sts: null })],
  ['a status in a list', claimsOf('user_a', { sts: ['active'] })],
  ['an impersonator', claimsOf('user_a', { act: { sub: 'user_staff' } })],
  ['an impersonator that is null', claimsOf('user_a', { act: null })],
  ['an organization that is null', claimsOf('user_a', { o: null })],
  ['an organization without an id', claimsOf('user_a', { o: {} })],
  ['an organization that is text', claimsOf('user_a', { o: 'org_1' })],
  ['an empty organization', claimsOf('user_a', { o: { id: '' } })],
  ['a list of organizations', claimsOf('user_a', { o: [{ id: 'org_1' }] })],
  ['a version that is null', claimsOf('user_a', { v: null })],
  ['a version in words', claimsOf('user_a', { v: '2' })],
  ['caller’s own word for it', { role: 'service_role', permissions: ['org:posts:read'], org_role: 'admin' }],
];

test.each(HOSTILE)(
  'claims that are forged or malformed can nothing and fail nowhere: %s',
  async (what, claims) => {
    const answer = await everything(claims);
    // Ids are not looked into: one that nobody has is nobody’s.
    const user = what === 'SQL for a user' ? "user_a' or '1'='1" : null;
    expect(answer).toEqual({ ...NOTHING, user });
  },
);

test('null, empty and hostile arguments are answered with false or none', async () => {
  const admin = claimsOf('user_a');
  for (const odd of [null, '', ' ', '*', '%', "' or true --", '{"a":1}', 'infinity', 'org:posts:read own']) {
    expect(await can(admin, odd), `permission ${odd}`).toBe(false);
    expect(await can(admin, 'org:posts:read', odd), `organization ${odd}`).toBe(false);
    const rows = await as(
      admin,
      (
        own,
      ) => own`select rolecall.my_organizations(${odd}) union all select rolecall.my_scopes(${odd}, 'folder')
        union all select rolecall.my_scopes('flows:run', ${odd})`,
    );
    expect(column(rows, 'my_organizations')).toEqual([]);
  }
  expect(await can(admin, 'org:posts:read', 'org_1', { type: 'folder', id: '*' })).toBe(false);
  expect(await can(admin, 'org:posts:read', 'org_1', { type: '', id: '' })).toBe(false);
});

test('claims hold for their transaction and leave nothing behind', async () => {
  const own = postgres(database.url, { max: 1, onnotice: () => undefined });
  await own.begin(async (first) => {
    await first`select set_config('request.jwt.claims', ${JSON.stringify(claimsOf('user_a'))}, true)`;
    expect(await first`select rolecall.my_user_id() as id`).toEqual([{ id: 'user_a' }]);
  });
  expect(await own`select rolecall.my_user_id() as id`).toEqual([{ id: null }]);
  await own.end();
});
