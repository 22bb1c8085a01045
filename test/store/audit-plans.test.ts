import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrganizationId, UserId } from '../../src/domain/ids.ts';
import type { AuditFilter } from '../../src/pipeline/ports.ts';
import { postgresAuditStore } from '../../src/store/postgres/audit-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';

const CHANGES = 100_000;
const OPEN: AuditFilter = {
  organizationId: null,
  userId: null,
  kind: null,
  cause: null,
  from: null,
  to: null,
};

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker();
  const { sql } = rig;
  await sql`
    create function rolecall.tell_statistics(jsonb) returns void language sql
    return pg_catalog.pg_stat_force_next_flush()`;
  // Plans that are kept are made now, while there is nothing.
  await ask();
  await sql`
    insert into rolecall.changes (revision, kind, organization_id, user_id, at, cause, recorded_at)
    select n, case when n % 5000 = 0 then 'suspended' else 'granted' end, 'org_' || n % 1000, 'user_' || n % 20000, n,
           case when n % 4000 = 0 then 'replay:1' when n % 9999 = 0 then 'lookup_member' else 'delivery' end,
           timestamptz '2026-01-01' + n * interval '1 second'
      from generate_series(1, ${CHANGES}) as n`;
  await sql`
    insert into rolecall.operator_actions (operator, action, subject, at)
    select 'ann', 'retry_effect', n, timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 1000) as n`;
  await sql`
    insert into rolecall.organizations (id, name)
    select 'org_' || n, case when n % 5000 = 0 then 'Zebra ' else 'Acme ' end || n from generate_series(1, 50000) as n`;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role)
    select 'orgmem_' || n, 'org_' || n % 5, 'user_' || n, n, case when n % 10000 < 5 then 'org:guest' else 'org:member' end
      from generate_series(1, 100000) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select m.organization_id, m.user_id, m.id, m.created_at, m.created_at from rolecall.memberships as m`;
  await sql`
    insert into rolecall.inbox (id, source, type, organization_id, user_id, body_sha256, outcome, reason, received_at)
    select 'msg_' || n, 'webhook', 'organizationMembership.created', 'org_' || n % 5, 'user_' || n, '\\x00', 'applied', 'newer', now()
      from generate_series(1, 20000) as n`;
}, 60_000);
afterAll(() => rig.stop());

const audit = () => postgresAuditStore(worker.statements);
const organizationId = 'org_2' as OrganizationId;
const reviewed = (after: Parameters<ReturnType<typeof audit>['listForReview']>[0]['after']) =>
  audit().listForReview({ organizationId, guestRoles: ['org:guest'], after, limit: 20 });
const found = (query: string) => audit().listOrganizations({ query, after: null, limit: 20 });
const explained = () =>
  audit().readProvenance({ organizationId, userId: 'user_7' as UserId, roles: ['org:member'] });

async function ask(): Promise<void> {
  await reviewed(null);
  await found('org_1');
  await explained();
}

/** Rows and entries of indexes that were read for it. */
async function read(what: () => Promise<unknown>): Promise<number> {
  const touched = async () => {
    await worker.statements.call('tell_statistics', {});
    const [row] = await rig.sql`
      select (select sum(seq_tup_read) from pg_stat_user_tables where schemaname = 'rolecall')::int
           + (select sum(idx_tup_read) from pg_stat_user_indexes where schemaname = 'rolecall')::int as touched`;
    return row?.['touched'] as number;
  };
  const before = await touched();
  await what();
  return (await touched()) - before;
}

describe.each([false, true])('with 100,000 changes, their statistics taken: %j', (analyzed) => {
  beforeAll(async () => {
    if (analyzed)
      await rig.sql`
        analyze rolecall.changes, rolecall.operator_actions, rolecall.organizations, rolecall.pairs, rolecall.memberships`;
  });

  test.each<Partial<AuditFilter>>([
    {},
    { organizationId: 'org_7' },
    { userId: 'user_7' },
    { kind: 'suspended' },
    { kind: 'retry_effect' },
    { cause: 'delivery' },
    { cause: 'replay' },
    { cause: 'lookup' },
    { cause: 'operator' },
    { from: Date.UTC(2026, 0, 1, 1), to: Date.UTC(2026, 0, 1, 2) },
    { organizationId: 'org_0', cause: 'replay', kind: 'suspended' },
  ])('a page of %j reads no more than the page, either way round', async (filter) => {
    for (const newestFirst of [true, false]) {
      const list = (after: Parameters<ReturnType<typeof audit>['listAudit']>[0]['after']) =>
        audit().listAudit({ filter: { ...OPEN, ...filter }, newestFirst, after, limit: 20 });
      const { next } = await list(null);
      expect(await read(() => list(null))).toBeLessThan(1_500);
      if (next !== null) expect(await read(() => list(next))).toBeLessThan(1_500);
    }
  });
});

test('a page of a review reads the guests and no more than the page', async () => {
  const { next, members } = await reviewed(null);
  expect(members).toHaveLength(20);
  expect(members.filter(({ guest }) => guest)).toHaveLength(10);
  expect(await read(() => reviewed(null))).toBeLessThan(12_000);
  expect(await read(() => reviewed(next))).toBeLessThan(12_000);
});

test('a search for organizations reads those that it finds, and a thousand members of each at most', async () => {
  expect((await found('Zebra')).organizations).toHaveLength(10);
  expect(await read(() => found('Zebra'))).toBeLessThan(1_000);
  expect(await read(() => found('org_49'))).toBeLessThan(1_000);
  expect(await read(() => found('org_2'))).toBeLessThan(12_000);
});

test('what somebody’s access came from is looked up, not looked for', async () => {
  expect(await read(explained)).toBeLessThan(2_000);
});
