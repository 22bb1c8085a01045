import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresStatusStore } from '../../src/store/postgres/status-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';
import { lookedThrough } from './support/looked-through.ts';

const MANY = 60_000;
const LARGE = [
  'users',
  'memberships',
  'pairs',
  'organizations',
  'inbox',
  'effects',
  'changes',
  'findings',
  'holds',
];

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker();
  const { sql } = rig;
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role)
    select 'orgmem_' || n, 'org_' || n % 1000, 'user_' || n, 1, 'org:member' from generate_series(1, ${MANY}) as n`;
  await sql`
    insert into rolecall.inbox (id, source, type, body_sha256, outcome, reason, received_at)
    select 'msg_' || n, 'webhook', 'user.updated', '\\x00', case when n % 333 = 0 then 'failed' else 'applied' end,
           'newer', now() - n * interval '3 seconds'
      from generate_series(1, ${MANY}) as n`;
  await sql`
    insert into rolecall.changes (revision, kind, at, cause, cutoff_of, cutoff_id, cutoff_at, recorded_at)
    select n, 'removed', 1, 'delivery', 'user', 'user_' || n, 1, now() - (${MANY} - n) * interval '1 second'
      from generate_series(1, ${MANY}) as n`;
  await sql`update rolecall.counter set revision = ${MANY}`;
  await sql`
    insert into rolecall.effects (kind, user_id, lane, status, due_at, owed_at, settled_at)
    select 'revoke_sessions', 'user_' || n, n % 4, 'done', now(), now() - interval '3 days', now() - interval '2 days'
      from generate_series(1, ${MANY}) as n`;
}, 60_000);
afterAll(() => rig.stop());

test.each([false, true])(
  'with 60,000 members, deliveries, changes and effects nothing is looked through for the screen or the charts (statistics: %j)',
  async (analyzed) => {
    if (analyzed) await rig.sql`analyze`;
    const statuses = postgresStatusStore(worker.statements);
    const { before, after, entries } = await lookedThrough(rig, LARGE, worker, async () => {
      const status = await statuses.readStatus();
      expect(status.losses).toMatchObject([{ kind: 'removed', count: expect.closeTo(900, -2) as number }]);
      expect(status.deliveries.failed).toBeGreaterThan(80);
      expect((await statuses.readActivity(24 * 60)).points).toHaveLength(120);
      await statuses.readTallies();
    });
    expect(after).toEqual(before);
    // A quarter of an hour of losses, a day of failed deliveries, and what was looked up besides.
    expect(entries).toBeLessThan(3_000);
  },
);

test('nor is more counted than 10,000 of a lane, a kind or a state, and the whole backlog of a bad night', async () => {
  const { sql } = rig;
  await sql`
    insert into rolecall.effects (kind, user_id, lane, status, due_at)
    select 'revoke_sessions', 'owed_' || n, 0, 'owed', now() from generate_series(1, 30000) as n`;
  await sql`
    insert into rolecall.effects (kind, user_id, lane, status, due_at)
    select 'lookup_user', 'dead_' || n, 1, 'dead', now() from generate_series(1, 12000) as n`;
  await sql`
    insert into rolecall.inbox (id, source, body_sha256, outcome, reason, received_at, retry_at)
    select 'msg_dead_' || n, 'webhook', '\\x00', 'failed', 'refused_by_database', now(), 'infinity'
      from generate_series(1, 12000) as n`;
  await sql`
    insert into rolecall.holds (kind, difference, payload, raised_by, reason)
    select 'absences', '{}', '{}', 'rolecall', '' from generate_series(1, 12000) as n`;
  const statuses = postgresStatusStore(worker.statements);
  const { before, after, entries } = await lookedThrough(rig, LARGE, worker, async () => {
    expect(await statuses.readStatus()).toMatchObject({
      owed: [{ kind: 'revoke_sessions', lane: 'removal', count: 10_000 }],
      dead: [{ kind: 'lookup_user', count: 10_000 }],
      deliveries: { dead: 10_000, failed: 10_000 },
      holds: 10_000,
    });
    expect((await statuses.readActivity(60)).points.at(-1)?.backlog).toBe(30_000);
  });
  expect(after).toEqual(before);
  // Whatever waits is read once, not once for each point of a chart.
  expect(entries).toBeLessThan(500_000);
});
