import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { asc, eq, inArray } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  asSubject,
  currentPermissions,
  grants,
  hasPermission,
  iCan,
  members,
  myOrganizationId,
  myUserId,
  organizationsWith,
  policies,
  revision,
  type SessionClaims,
  tokenIsCurrent,
} from '../../src/sdk/drizzle/index.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { conversations, flows, invoices } from './support/drizzle-app/schema.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sql: Sql;
let db: ReturnType<typeof drizzle>;
/** What `rolecall` was before the app's own tables came. */
let before: readonly object[];
const folder = mkdtempSync(join(tmpdir(), 'rolecall-drizzle-'));

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  await sql`
    insert into rolecall.role_keys (key, scope, grants) values
      ('org:admin', 'organization', '{invoices:read,invoices:write,conversations:read,conversations:delete}'),
      ('org:agent', 'organization', '{"conversations:read own",invoices:read}'),
      ('EDITOR', 'workspace', '{flow''s:run}'), ('VIEWER', 'workspace', '{"flow''s:run own"}'), ('org:reaching', 'organization', '{flow''s:run}')`;
  await sql`update rolecall.active_policy set scopes = '{workspace}', reached = '{workspace}'`;
  await hire('user_admin', 'org_a', 'org:admin');
  await hire('user_agent', 'org_a', 'org:agent', { workspace: { w_1: 'EDITOR', w_2: 'VIEWER' } });
  await hire('user_reaching', 'org_a', 'org:reaching');
  await hire('user_other', 'org_b', 'org:admin');

  before = await fingerprint();
  kit('generate');
  db = drizzle(postgres(database.url, { max: 1, onnotice: () => undefined }));
  await migrate(db, { migrationsFolder: join(folder, 'migrations') });
  await sql`grant select, insert, update, delete on invoices, conversations, flows to rolecall_subject`;
  await sql`
    insert into invoices select n, case when n % 2 = 0 then 'org_a' else 'org_b' end, n from generate_series(1, 10) as n`;
  await sql`
    insert into conversations values (1, 'org_a', 'user_agent'), (2, 'org_a', 'user_admin'), (3, 'org_a', null), (4, 'org_b', 'user_agent')`;
  await sql`
    insert into flows values (1, 'org_a', 'w_1', null), (2, 'org_a', 'w_2', 'user_agent'), (3, 'org_a', 'w_2', null),
      (4, 'org_a', 'w_3', 'user_agent'), (5, 'org_b', 'w_1', 'user_agent')`;
}, 120_000);
afterAll(async () => {
  await sql.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

async function hire(user: string, organization: string, role: string, scoped = {}): Promise<void> {
  const id = `orgmem_${organization}_${user}`;
  const row = { id, organization_id: organization, user_id: user, created_at: 1_000, role };
  await sql`insert into rolecall.memberships ${sql({ ...row, scoped: sql.json(scoped) })}`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    values (${organization}, ${user}, ${id}, 1, 1)`;
}

const of = (user: string, organization: string | null = 'org_a'): SessionClaims => ({
  user,
  session: `sess_${user}`,
  issuedAt: Math.floor(Date.now() / 1_000),
  organization,
});

/** Runs drizzle-kit in the app's folder, with a configuration that looks at every schema it may. */
function kit(command: 'generate' | 'push', force: '--force' | null = null, url = database.url): string {
  const config = join(folder, 'drizzle.config.ts');
  writeFileSync(
    config,
    `export default ${JSON.stringify({
      dialect: 'postgresql',
      schema: resolve('test/sdk/support/drizzle-app/schema.ts'),
      out: join(folder, 'migrations'),
      dbCredentials: { url },
    })};`,
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      resolve('node_modules/drizzle-kit/bin.cjs'),
      command,
      `--config=${config}`,
      ...(force === null ? [] : [force]),
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect(status, stdout + stderr).toBe(0);
  return stdout + stderr;
}

/** Everything in the schema `rolecall`, its owners, rights and policies. */
const fingerprint = (of = sql) => of`
  select c.relname as name, c.relkind::text as kind, c.relacl::text as acl, c.relrowsecurity as secured, pg_get_userbyid(c.relowner) as owner,
         array(select p.polname from pg_policy p where p.polrelid = c.oid order by 1) as policies from pg_class c
   where c.relnamespace = 'rolecall'::regnamespace order by 1`;

test('drizzle-kit generates the app’s tables and policies, and nothing about what is ours', () => {
  const [file] = readdirSync(join(folder, 'migrations')).filter((name) => name.endsWith('.sql'));
  const statements = readFileSync(join(folder, 'migrations', file ?? ''), 'utf8').split(
    '--> statement-breakpoint',
  );
  expect(statements.filter((one) => /schema|view|role "|rolecall"\./i.test(one))).toEqual([]);
  expect(statements.filter((one) => one.includes('$'))).toEqual([]);
  expect(statements.join('')).toContain(
    `CREATE POLICY "rolecall_select" ON "invoices" AS PERMISSIVE FOR SELECT TO "rolecall_subject" ` +
      `USING ("invoices"."organization_id" = (select rolecall.my_organizations('invoices:read')))`,
  );
});

test('its migration runs beside ours, and a push after it finds nothing to do', {
  timeout: 90_000,
}, async () => {
  expect(kit('push', '--force')).toContain('No changes detected');
  expect(await fingerprint()).toEqual(before);
});

// drizzle-kit 0.31 leaves the conditions of policies out when it pushes: then they let nobody in.
test('a push without a migration leaves ours alone too, and makes policies that are closed', {
  timeout: 90_000,
}, async () => {
  const pushed = await freshDatabase();
  const own = postgres(pushed.url, { max: 1, onnotice: () => undefined });
  const before = await fingerprint(own);
  kit('push', '--force', pushed.url);
  expect(await fingerprint(own)).toEqual(before);
  await own`grant select on invoices to rolecall_subject`;
  await own`insert into invoices values (1, 'org_a', 1)`;
  expect(
    await own`select from pg_policies where schemaname = 'public' and roles = '{rolecall_subject}'`,
  ).toHaveLength(6);
  await own`set role rolecall_subject`;
  expect(await own`select from invoices`).toHaveLength(0);
  await own.end();
  await pushed.drop();
});

async function seen(caller: SessionClaims) {
  return asSubject(db, caller, async (tx) => ({
    invoices: (await tx.select().from(invoices).orderBy(asc(invoices.id))).map(({ id }) => id),
    conversations: (await tx.select().from(conversations).orderBy(asc(conversations.id))).map(({ id }) => id),
    flows: (await tx.select().from(flows).orderBy(asc(flows.id))).map(({ id }) => id),
  }));
}

const NOTHING = { invoices: [], conversations: [], flows: [] };

test('every user sees the rows that they hold the permission for: outright, of their own, in a resource', async () => {
  expect(await seen(of('user_admin'))).toEqual({
    invoices: [2, 4, 6, 8, 10],
    conversations: [1, 2, 3],
    flows: [],
  });
  expect(await seen(of('user_agent'))).toEqual({
    invoices: [2, 4, 6, 8, 10],
    conversations: [1],
    flows: [1, 2],
  });
  expect(await seen(of('user_reaching'))).toEqual({ ...NOTHING, flows: [1, 2, 3, 4] });
  expect(await seen(of('user_other', 'org_b'))).toEqual({
    invoices: [1, 3, 5, 7, 9],
    conversations: [4],
    flows: [],
  });
});

test('a token of another organization or of none, one that was cut off and an impersonator see nothing', async () => {
  expect(await seen(of('user_admin', 'org_b'))).toEqual(NOTHING);
  expect(await seen(of('user_admin', null))).toEqual(NOTHING);
  expect(await seen({ ...of('user_admin'), actor: 'user_staff' })).toEqual(NOTHING);
  await sql`update rolecall.pairs set cutoff = ${Date.now()} where user_id = 'user_admin'`;
  expect(await seen({ ...of('user_admin'), issuedAt: Math.floor(Date.now() / 1_000) - 5 })).toEqual(NOTHING);
  await sql`update rolecall.pairs set cutoff = null`;
});

test('rows are written where the permission is held, and cannot be moved to where it is not', async () => {
  const write = (caller: SessionClaims, organizationId: string) =>
    asSubject(db, caller, (tx) => tx.insert(invoices).values({ id: 11, organizationId, amount: 1 }));
  const denied = { cause: { code: '42501' } };
  await expect(write(of('user_agent'), 'org_a')).rejects.toMatchObject(denied);
  await expect(write(of('user_admin'), 'org_b')).rejects.toMatchObject(denied);
  await write(of('user_admin'), 'org_a');
  await expect(
    asSubject(db, of('user_admin'), (tx) =>
      tx.update(invoices).set({ organizationId: 'org_b' }).where(eq(invoices.id, 11)),
    ),
  ).rejects.toMatchObject(denied);
  // No permission was named for it.
  await asSubject(db, of('user_admin'), (tx) => tx.delete(invoices));
  expect(await sql`select from invoices`).toHaveLength(11);
  await sql`delete from invoices where id = 11`;
});

test('in the transaction of a user the functions answer about that user, and after it about nobody', async () => {
  const question = { organization: 'org_a', permission: 'conversations:read' };
  const mine = {
    can: iCan(question),
    own: iCan({ ...question, owner: 'user_agent' }),
    user: myUserId(),
    organization: myOrganizationId(),
  };
  const [inside] = await asSubject(db, of('user_agent'), (tx) => tx.select(mine).from(invoices).limit(1));
  expect(inside).toEqual({ can: false, own: true, user: 'user_agent', organization: 'org_a' });
  const [after] = await db.select(mine).from(invoices).limit(1);
  expect(after).toEqual({ can: false, own: false, user: null, organization: null });
});

test('what is named and undefined makes no wider question, and no policy that opens more rows', () => {
  const question = { organization: 'org_a', permission: "flow's:run", user: 'user_admin' };
  for (const hole of [
    { scope: undefined },
    { scope: { type: 'workspace', id: undefined } },
    { organization: undefined },
  ]) {
    for (const ask of [hasPermission, iCan]) {
      expect(() => void Reflect.apply(ask, null, [{ ...question, ...hole }])).toThrow(TypeError);
    }
    const place = { organization: flows.organizationId, ...hole };
    expect(() => void Reflect.apply(policies, null, [{ read: 'flows:read' }, place])).toThrow(TypeError);
  }
});

test('a reader has the views with their types, and asks about anyone', async () => {
  await db.transaction(async (tx) => {
    await tx.execute('set local role rolecall_reader');
    const [member] = await tx.select().from(members).where(eq(members.userId, 'user_admin'));
    expect(member).toEqual({
      organizationId: 'org_a',
      userId: 'user_admin',
      role: 'org:admin',
      since: new Date(1_000),
      suspended: false,
    });
    const held = await tx
      .select()
      .from(currentPermissions)
      .where(eq(currentPermissions.userId, 'user_agent'));
    expect(held).toEqual([{ organizationId: 'org_a', userId: 'user_agent', permission: 'invoices:read' }]);
    const conditional = await tx.select().from(grants).where(eq(grants.only, 'own')).orderBy(grants.scopeId);
    expect(conditional.map(({ permission, scopeType, scopeId }) => [permission, scopeType, scopeId])).toEqual(
      [
        ['conversations:read', 'workspace', '*'],
        ["flow's:run", 'workspace', 'w_2'],
        ['conversations:read', null, null],
      ],
    );
    const asked = {
      user: members.userId,
      organization: members.organizationId,
      permission: 'invoices:write',
    };
    const writers = await tx
      .select({ user: members.userId })
      .from(members)
      .where(hasPermission(asked))
      .orderBy(asc(members.userId));
    expect(writers.map(({ user }) => user)).toEqual(['user_admin', 'user_other']);
    const own = {
      ...asked,
      permission: "flow's:run",
      scope: { type: 'workspace', id: 'w_2' },
      owner: members.userId,
    };
    const runners = await tx
      .select({ user: members.userId })
      .from(members)
      .where(hasPermission(own))
      .orderBy(asc(members.userId));
    expect(runners.map(({ user }) => user)).toEqual(['user_agent', 'user_reaching']);
    const theirs = await tx
      .select({ user: members.userId })
      .from(members)
      .where(inArray(members.organizationId, organizationsWith('user_other', 'invoices:write')));
    expect(theirs).toEqual([{ user: 'user_other' }]);
    const token = {
      user: 'user_admin',
      organization: 'org_a',
      session: 'sess_1',
      issuedAt: Math.floor(Date.now() / 1_000),
    };
    const [told] = await tx
      .select({ current: tokenIsCurrent(token), revision: revision() })
      .from(members)
      .limit(1);
    expect(told).toEqual({ current: true, revision: 0 });
  });
});
