import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizationId, UserId } from '../../src/domain/ids.ts';
import { postgresListingStore } from '../../src/store/postgres/listing-store.ts';
import { keeperOf } from '../pipeline/support/keeper.ts';
import {
  access,
  column,
  outcomes,
  providerAccess,
  type Rig,
  seedOrganization,
  startRig,
} from '../support/rig.ts';

let rig: Rig;
const logins: string[] = [];

beforeAll(async () => {
  rig = await startRig();
  const worker = rig.worker();
  const organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_gone']);
  rig.clerk.removeMember(organization, 'user_gone');
  await worker.process(await rig.news());
  await worker.dispatch();
});
afterAll(async () => {
  for (const login of logins) await rig.sql`drop role ${rig.sql(login)}`;
  await rig.stop();
});

/** The address of a new login that is nothing but a member of `role`. */
async function login(role: string | null): Promise<string> {
  const name = `login_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await rig.sql.unsafe(`create role ${name} login password 'login'`);
  if (role !== null) await rig.sql.unsafe(`grant ${role} to ${name}`);
  logins.push(name);
  const url = new URL(rig.url);
  url.username = name;
  url.password = 'login';
  return url.href;
}

async function as<T>(role: string | null, run: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(await login(role), { max: 1, onnotice: () => undefined });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

const DENIED = { code: '42501' };

async function relations(): Promise<{ name: string; kind: string }[]> {
  return rig.sql<{ name: string; kind: string }[]>`
    select c.relname as name, c.relkind::text as kind from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'v', 'S') order by 1`;
}

async function executable(sql: Sql): Promise<unknown[]> {
  const rows = await sql`
    select p.proname as name from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and has_function_privilege(p.oid, 'execute') order by 1`;
  return column(rows, 'name');
}

test('a reader reads the three views and four functions, and no table, view or function besides', async () => {
  await as('rolecall_reader', async (sql) => {
    const mayRead = ['current_permissions', 'grants', 'members'];
    for (const { name } of await relations()) {
      const read = sql.unsafe(`select * from rolecall.${name} limit 1`);
      if (mayRead.includes(name)) await expect(read, name).resolves.toBeDefined();
      else await expect(read, name).rejects.toMatchObject(DENIED);
    }
    expect(await executable(sql)).toEqual([
      'has_permission',
      'organizations_with',
      'revision',
      'token_is_current',
    ]);
    const [row] = await sql`
      select rolecall.has_permission('user_a', 'org_user_a', 'org:sys_memberships:manage') as has,
             rolecall.token_is_current('user_a', 'org_user_a', 'sess_1', now()) as current, rolecall.revision() > 0 as told`;
    expect(row).toEqual({ has: true, current: true, told: true });
    expect(await sql`select user_id from rolecall.members where organization_id = 'org_user_a'`).toHaveLength(
      2,
    );
    for (const statement of [
      'delete from rolecall.members',
      'insert into rolecall.current_permissions values (1, 2, 3)',
      "update rolecall.members set role = 'org:admin'",
      'create table rolecall.mine (id int)',
      'create function rolecall.mine() returns int language sql return 1',
      `select rolecall.commit_decision('{}')`,
    ]) {
      await expect(sql.unsafe(statement), statement).rejects.toSatisfy((error: { code: string }) =>
        ['42501', '55000'].includes(error.code),
      );
    }
  });
});

test('a subject may ask about itself, and read no table, view or function besides', async () => {
  await as('rolecall_subject', async (sql) => {
    for (const { name } of await relations()) {
      await expect(sql.unsafe(`select * from rolecall.${name} limit 1`), name).rejects.toMatchObject(DENIED);
    }
    expect(await executable(sql)).toEqual([
      'i_can',
      'my_organization_id',
      'my_organizations',
      'my_scopes',
      'my_user_id',
    ]);
  });
});

test('a login of no role has nothing', async () => {
  await as(null, async (sql) => {
    await expect(sql`select * from rolecall.members`).rejects.toMatchObject(DENIED);
    await expect(sql`select rolecall.revision()`).rejects.toMatchObject(DENIED);
    expect(await executable(sql)).toEqual([]);
  });
});

test('a login that is only a member of rolecall_service carries the whole way through', async () => {
  const { clerk } = rig;
  const worker = rig.worker({ url: await login('rolecall_service') });
  const organization = await seedOrganization(rig, rig.worker(), ['user_demoted', 'user_removed']);
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
  clerk.createUser({ id: 'user_c' });
  clerk.addMember(organization, 'user_c', 'org:editor');
  clerk.createSession('user_removed');
  clerk.changeRolePermissions('org:editor', ['org:posts:read']);
  clerk.changeRole(organization, 'user_demoted', 'org:member');
  clerk.removeMember(organization, 'user_removed');
  clerk.banUser('user_c');
  clerk.createOrganization({ id: 'org_short' });
  clerk.deleteOrganization('org_short');
  expect(new Set(outcomes(await worker.process(await rig.news())))).toEqual(new Set(['applied']));
  expect(await worker.dispatch()).toBeGreaterThan(0);
  expect(await access(rig.sql)).toEqual(providerAccess(clerk));
  expect(await worker.store.readReadiness()).toEqual({
    schemaVersion: 1,
    oldestCode: 1,
    providerInstance: clerk.instanceId,
    restoringSince: null,
  });
  expect(await rig.sql`select from rolecall.effects where status <> 'done'`).toHaveLength(0);
});

test('a login that is only a member of rolecall_service answers every list', async () => {
  const { statements } = rig.worker({ url: await login('rolecall_service') });
  const listing = postgresListingStore(statements);
  const organizationId = 'org_user_a' as OrganizationId;
  const [actor, scope] = ['user_a' as UserId, { type: 'workspace', id: 'ws_1' }];
  const page = { organizationId, role: null, scope: null, after: null, limit: 10 };
  expect((await listing.listMembers(page)).members.length).toBeGreaterThan(0);
  expect((await listing.listMembers({ ...page, scope })).members).toEqual([]);
  const invitations = {
    organizationId,
    status: 'all',
    inviter: null,
    now: 1,
    after: null,
    limit: 10,
  } as const;
  expect((await listing.listInvitations(invitations)).invitations).toEqual([]);
  expect(await listing.countPendingInvitations({ organizationId, userId: actor, now: 1 })).toBe(0);
  expect((await listing.countSeats(organizationId)).roles).not.toEqual([]);
  expect((await listing.readRoles()).provided).not.toEqual([]);
  const assignment = await listing.readAssignment({ organizationId, actor, target: null, scope: null });
  expect(assignment.people.has(actor)).toBe(true);
  expect(await listing.listFindings({ organizationId, everywhere: true, limit: 10 })).toEqual([]);
});

test('a login that is only a member of rolecall_service keeps the database up', async () => {
  const worker = rig.worker({ url: await login('rolecall_service') });
  const keeper = keeperOf(worker, { retention: { payloadDays: 1, changeDays: 30 } });
  await keeper.run();
  expect((await keeper.upkeep.pauseEffects('ann', 'a test')).by).toBe('ann');
  expect(await keeper.upkeep.resumeEffects('ann', '')).toBe(true);
  const { reconciliation } = await keeper.upkeep.beginRestore('ann', 'a test');
  await as('rolecall_reader', (sql) =>
    expect(sql`select * from rolecall.members`).rejects.toMatchObject(DENIED),
  );
  await rig.sql`update rolecall.reconciliations set status = 'done', ended_at = now() where id = ${reconciliation}`;
  expect((await worker.store.readReadiness()).restoringSince).toBeNull();
  await as('rolecall_reader', async (sql) =>
    expect(await sql`select * from rolecall.members`).not.toEqual([]),
  );
});

test('the service may not remove what happened, nor read how it was migrated', async () => {
  await as('rolecall_service', async (sql) => {
    for (const { name } of (await relations()).filter(({ kind }) => kind === 'r')) {
      await expect(sql.unsafe(`delete from rolecall.${name}`), name).rejects.toMatchObject(DENIED);
      await expect(sql.unsafe(`truncate rolecall.${name}`), name).rejects.toMatchObject(DENIED);
    }
    await expect(sql`select * from rolecall.migrations`).rejects.toMatchObject(DENIED);
    await expect(sql`create table rolecall.mine (id int)`).rejects.toMatchObject(DENIED);
  });
});

test('nobody can log in as one of our roles, and none of them has rights in the cluster', async () => {
  const roles = await rig.sql`
    select rolname, rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as may
      from pg_roles where rolname like 'rolecall\\_%' order by 1`;
  expect([...roles]).toEqual(
    ['owner', 'reader', 'service', 'subject', 'views'].map((role) => ({
      rolname: `rolecall_${role}`,
      may: false,
    })),
  );
});

test('everything belongs to the owner, has its search_path pinned, and is executable by nobody by default', async () => {
  const open = await rig.sql`
    select p.proname from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace
       and (pg_get_userbyid(p.proowner) <> case p.proname when 'withhold_views' then 'rolecall_views' else 'rolecall_owner' end
            or p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0)
            or not coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)
               -- Names in such a body were looked up when it was made, and it has to become part of what calls it.
               and not (p.prosqlbody is not null and p.proretset and not p.prosecdef))`;
  expect([...open]).toEqual([]);
  const foreign = await rig.sql`
    select c.relname from pg_class c where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'v')
       and c.relname <> 'migrations'
       and pg_get_userbyid(c.relowner) <> case c.relkind when 'v' then 'rolecall_views' else 'rolecall_owner' end`;
  expect([...foreign]).toEqual([]);
});

test('everything that is to be used says what it is for', async () => {
  const silent = await rig.sql`
    select p.proname as name from pg_proc p
     where p.pronamespace = 'rolecall'::regnamespace and obj_description(p.oid, 'pg_proc') is null
    union all
    select c.relname from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'v' and obj_description(c.oid, 'pg_class') is null`;
  expect([...silent]).toEqual([]);
});

test('temporary tables and functions of the same names change no answer', async () => {
  await as('rolecall_reader', async (sql) => {
    for (const table of ['users', 'pairs', 'memberships', 'role_keys', 'access', 'sessions']) {
      await sql.unsafe(
        `create temporary table ${table} (id text, user_id text, permissions text[], cutoff bigint)`,
      );
    }
    await sql`create function pg_temp.now() returns timestamptz language sql return 'infinity'::timestamptz`;
    await sql`create function pg_temp.floor(double precision) returns double precision language sql return 1e9`;
    await sql`set search_path = pg_temp, rolecall, public`;
    const [row] = await sql`
      select rolecall.has_permission('user_a', 'org_user_a', 'org:sys_memberships:read') as has,
             rolecall.has_permission('user_z', 'org_user_a', 'org:sys_memberships:read') as has_not,
             rolecall.token_is_current('user_a', 'org_user_a', 'sess_1', pg_catalog.now() + interval '2 seconds') as current,
             rolecall.token_is_current('user_gone', 'org_user_a', 'sess_1', pg_catalog.now() - interval '1 day') as cut,
             rolecall.token_is_current('user_a', 'org_user_a', 'sess_1', pg_catalog.now() + interval '1 day') as future`;
    expect(row).toEqual({ has: true, has_not: false, current: true, cut: false, future: false });
  });
});
