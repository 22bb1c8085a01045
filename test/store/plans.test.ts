import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomes, type Rig, readMember, seedOrganization, startRig, type Worker } from '../support/rig.ts';
import { lookedThrough } from './support/looked-through.ts';

const MEMBERS = 30_000;

let rig: Rig;
/** Connected, and its plans made, while every table was empty. */
let early: Worker;

beforeAll(async () => {
  rig = await startRig();
  early = rig.worker();
  await rig.sql`
    create function rolecall.tell_statistics(jsonb) returns void language sql
    return pg_catalog.pg_stat_force_next_flush()`;
  await seedOrganization(rig, early, ['user_a', 'user_b']);
  // Often enough for plans to be kept.
  for (let round = 0; round < 8; round += 1) await everything(early);
  const { sql } = rig;
  await sql.begin(async (bulk) => {
    await bulk`insert into rolecall.users (id) select 'user_' || n from generate_series(1, ${MEMBERS}) as n`;
    await bulk`
      insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
      select 'orgmem_' || n, 'org_' || n % 1000, 'user_' || n, 1, 'org:member', 1, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
    await bulk`
      insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
      select 'org_' || n % 1000, 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
    await bulk`insert into rolecall.organizations (id) select 'org_' || n from generate_series(0, 999) as n`;
    await bulk`insert into rolecall.sessions (id, user_id) select 'sess_' || n, 'user_' || n from generate_series(1, ${MEMBERS}) as n`;
    await bulk`
      insert into rolecall.inbox (id, source, body_sha256, outcome, reason, received_at)
      select 'msg_' || n, 'webhook', '\\x00', 'applied', 'newer', now() from generate_series(1, ${MEMBERS}) as n`;
    // Done, and owed for later: neither may be looked through for what is due now.
    await bulk`
      insert into rolecall.effects (kind, user_id, lane, status, due_at)
      select 'revoke_sessions', 'user_' || n, n % 4, case when n % 2 = 0 then 'done' else 'owed' end, now() + interval '1 hour'
        from generate_series(1, 20000) as n`;
  });
}, 60_000);
afterAll(() => rig.stop());

let round = 0;
/** Every statement of the way in, of dispatch and of HTTP reading, once. */
async function everything(worker: Worker): Promise<void> {
  const { clerk } = rig;
  const organization = 'org_user_a';
  round += 1;
  const newcomer = clerk.createUser({ id: `user_new_${round}` });
  clerk.addMember(organization, newcomer.id, 'org:member');
  clerk.createSession(newcomer.id);
  clerk.changeRole(organization, newcomer.id, 'org:admin');
  clerk.updateOrganization(organization, { name: `Round ${round}` });
  const deliveries = await rig.news();
  for (const delivery of deliveries) expect(outcomes(await worker.process([delivery]))).toEqual(['applied']);
  expect(outcomes(await worker.process(deliveries))).toEqual(deliveries.map(() => 'duplicate'));
  clerk.removeMember(organization, newcomer.id);
  clerk.banUser(newcomer.id);
  await worker.process(await rig.news());
  expect(await worker.dispatch()).toBeGreaterThan(0);
  await readMember(worker, organization, 'user_a');
  await worker.store.isMemberAnywhere('user_a' as never);
}

const LARGE = ['users', 'memberships', 'pairs', 'organizations', 'sessions', 'inbox', 'effects', 'changes'];

async function scans() {
  const rows = await rig.sql`
    select relname, seq_scan::int, seq_tup_read::int from pg_stat_user_tables
     where schemaname = 'rolecall' and relname in ${rig.sql(LARGE)} order by relname`;
  return rows.map((row) => ({ ...row }));
}

const looksThrough = (worker: Worker) => lookedThrough(rig, LARGE, worker, () => everything(worker));

test('with 30,000 members nothing on the way in, in dispatch or in reading looks through a table', async () => {
  const { before, after, entries } = await looksThrough(rig.worker());
  expect(after).toEqual(before);
  expect(entries).toBeLessThan(1_000);
});

test('nor does it as a login that is only a member of rolecall_service, for whom row-level security holds', async () => {
  const url = new URL(rig.url);
  url.username = `login_${url.pathname.slice(-12)}`;
  url.password = 'login';
  await rig.sql.unsafe(`create role ${url.username} login password 'login' in role rolecall_service`);
  try {
    const { before, after, entries } = await looksThrough(rig.worker({ url: url.href }));
    expect(after).toEqual(before);
    expect(entries).toBeLessThan(1_000);
  } finally {
    await rig.sql.unsafe(`drop role ${url.username}`);
  }
});

test('neither does a connection whose plans were made while the tables were empty, before and after statistics', async () => {
  for (const analyzed of [false, true]) {
    if (analyzed)
      await rig.sql`analyze rolecall.users, rolecall.memberships, rolecall.pairs, rolecall.effects`;
    const { before, after, entries } = await looksThrough(early);
    expect(after).toEqual(before);
    expect(entries).toBeLessThan(1_000);
  }
});

test('looking for what is due reads no more than that, whatever waits for later', async () => {
  const worker = rig.worker();
  const read = async () => {
    await worker.statements.call('tell_statistics', {});
    const [row] = await rig.sql`
      select idx_tup_read::int as read from pg_stat_user_indexes where indexrelname = 'effects_due'`;
    return row?.['read'] as number;
  };
  const before = await read();
  expect(await worker.dispatch()).toBe(0);
  expect((await read()) - before).toBeLessThan(50);
});

test('the functions and views that apps read answer from indexes, for one member and for one organization', async () => {
  const reader = postgres(rig.url, { max: 1, onnotice: () => undefined });
  await reader`select pg_stat_force_next_flush()`;
  const before = await scans();
  for (let index = 1; index <= 8; index += 1) {
    const [user, organization] = [`user_${index}`, `org_${index}`];
    const [row] = await reader`
      select rolecall.has_permission(${user}, ${organization}, 'org:sys_memberships:read') as has,
             rolecall.token_is_current(${user}, ${organization}, ${`sess_${index}`}, now()) as current`;
    expect(row).toEqual({ has: true, current: true });
    await reader`select * from rolecall.members where organization_id = ${organization}`;
    await reader`select * from rolecall.members where user_id = ${user}`;
    await reader`select * from rolecall.current_permissions where user_id = ${user} and organization_id = ${organization}`;
  }
  await reader.end();
  expect(await scans()).toEqual(before);
});
