import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresReconciliationStore } from '../../src/store/postgres/reconciliation-store.ts';
import { plenty, type Rig, startRig, type Worker } from '../support/rig.ts';
import { lookedThrough } from './support/looked-through.ts';

const TABLES = ['pairs', 'memberships', 'reconciled', 'reconciliations', 'drift', 'users', 'organizations'];
const PAGE = 200;

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker();
  const { sql } = rig;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_' || n % 50, 'user_' || n, n, 'org:member', n, n, n from generate_series(1, 30000) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_' || n % 50, 'user_' || n, 'orgmem_' || n, n, n from generate_series(1, 30000) as n`;
  await sql`
    insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, ended_at)
    select 'done', 'poll', false, 'rolecall', '', now() from generate_series(1, 20000)`;
  await sql`
    insert into rolecall.drift (reconciliation_id, kind, subject, outcome)
    select n, 'missing', 'orgmem_' || n, 'repaired' from generate_series(1, 20000) as n`;
  await sql`insert into rolecall.reconciled select 20001, 'orgmem_' || n from generate_series(1, 30000, 2) as n`;
}, 60_000);
afterAll(() => rig.stop());

const lease = () =>
  postgresReconciliationStore(worker.statements).leaseReconciliation(null, {
    ...plenty,
    leaseMs: 60_000,
    now: Date.now(),
  });

test.each([false, true])(
  'a sweep that finds nothing to do looks through nothing, with statistics: %s',
  async (analyzed) => {
    if (analyzed) await rig.sql`analyze`;
    const reconciliations = postgresReconciliationStore(worker.statements);
    const looked = await lookedThrough(rig, TABLES, worker, async () => {
      await reconciliations.settleAbsences(500);
      expect(await lease()).toBeNull();
      await reconciliations.scheduleReconciliation(1_000);
    });
    expect(looked.after).toEqual(looked.before);
    expect(looked.entries).toBeLessThan(10);
  },
);

test.each([
  ['everybody', '', false],
  ['everybody', '', true],
  ['one organization', 'org_8', true],
])(
  'a page of our own members reads those of the page and no more: of %s %s, with statistics: %s',
  async (_, organization, analyzed) => {
    const { sql } = rig;
    if (analyzed) await sql`analyze`;
    const reconciliations = postgresReconciliationStore(worker.statements);
    // In the middle of it all.
    await sql`
      insert into rolecall.reconciliations (cause, organization_id, dry_run, stage, after, asked_by, reason)
      values ('operator', ${organization}, false, 'absences', ${['org_8', 'user_15']}::jsonb, 'ann', '')`;
    const looked = await lookedThrough(rig, TABLES, worker, async () => {
      const leased = await lease();
      if (leased === null) throw new Error('nothing was leased');
      expect(await reconciliations.findAbsences(leased, PAGE)).toBe('taken');
    });
    expect(looked.after).toEqual(looked.before);
    expect(looked.entries).toBeLessThan(PAGE * 12);
    const [found] = await sql`
      select count(*)::int as many from rolecall.drift where kind = 'extra' and organization_id = 'org_8'`;
    expect(found?.['many']).toBeGreaterThan(0);
    await sql`update rolecall.reconciliations set status = 'cancelled' where status = 'running'`;
  },
);
