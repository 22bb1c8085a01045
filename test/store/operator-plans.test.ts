import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryFilter } from '../../src/pipeline/ports.ts';
import { postgresOperatorStore } from '../../src/store/postgres/operator-store.ts';
import { postgresReplayStore } from '../../src/store/postgres/replay-store.ts';
import { type Rig, startRig, type Worker } from '../support/rig.ts';

const DELIVERIES = 100_000;
const OPEN: DeliveryFilter = {
  status: null,
  type: null,
  organizationId: null,
  userId: null,
  from: null,
  to: null,
};

let rig: Rig;
let worker: Worker;
beforeAll(async () => {
  rig = await startRig();
  worker = rig.worker();
  await rig.sql`
    create function rolecall.tell_statistics(jsonb) returns void language sql
    return pg_catalog.pg_stat_force_next_flush()`;
  await rig.sql`
    insert into rolecall.inbox (id, source, type, organization_id, user_id, body_sha256, outcome, reason, received_at)
    select 'msg_' || n, 'webhook', case when n % 5000 = 0 then 'role.created' else 'user.updated' end,
           'org_' || n % 1000, 'user_' || n % 20000, '\\x00',
           case when n % 9999 = 0 then 'failed' else 'applied' end, 'newer',
           timestamptz '2026-01-01' + n * interval '1 second'
      from generate_series(1, ${DELIVERIES}) as n`;
  await rig.sql`
    insert into rolecall.effects (kind, user_id, lane, status, due_at)
    select 'lookup_user', 'user_' || n, 1, case when n % 4000 = 0 then 'dead' else 'done' end, now()
      from generate_series(1, 20000) as n`;
}, 60_000);
afterAll(() => rig.stop());

/** Rows and entries of indexes that were read for it. */
async function read(what: () => Promise<unknown>): Promise<number> {
  const touched = async () => {
    await worker.statements.call('tell_statistics', {});
    const [row] = await rig.sql`
      select (select sum(seq_tup_read) from pg_stat_user_tables
               where relname in ('inbox', 'effects'))::int
           + (select sum(idx_tup_read) from pg_stat_user_indexes
               where relname in ('inbox', 'effects'))::int as touched`;
    return row?.['touched'] as number;
  };
  const before = await touched();
  await what();
  return (await touched()) - before;
}

describe.each([false, true])('with 100,000 deliveries, their statistics taken: %j', (analyzed) => {
  beforeAll(async () => {
    if (analyzed) await rig.sql`analyze rolecall.inbox`;
  });

  test.each<Partial<DeliveryFilter>>([
    {},
    { status: 'applied' },
    { status: 'failed' },
    { status: 'dead' },
    { type: 'role.created' },
    { organizationId: 'org_7' },
    { userId: 'user_7' },
    { from: Date.UTC(2026, 0, 1, 1), to: Date.UTC(2026, 0, 1, 2) },
    // Nothing is known of three columns at once before there are statistics: their indexes are laid over each other.
    ...(analyzed ? [{ organizationId: 'org_7', status: 'applied', type: 'user.updated' } as const] : []),
  ])('a page of %j reads no more than the page', async (filter) => {
    const operators = postgresOperatorStore(worker.statements);
    const list = () => operators.listDeliveries({ ...OPEN, ...filter }, null, 20);
    expect(await read(list)).toBeLessThan(1_000);
    const { next } = await list();
    if (next === null) return;
    const more = () => operators.listDeliveries({ ...OPEN, ...filter }, next, 20);
    expect(await read(more)).toBeLessThan(1_000);
  });
});

test('nor does a page of the few dead among many effects', async () => {
  const operators = postgresOperatorStore(worker.statements);
  expect(await read(() => operators.listEffects('dead', null, 20))).toBeLessThan(200);
  expect((await operators.listEffects('dead', null, 20)).effects).toHaveLength(5);
});

test('a page of a replay of everything reads no more than the page, also far behind the first', async () => {
  const replays = postgresReplayStore(worker.statements);
  const { id } = await replays.startReplay({
    selection: { filter: OPEN },
    dryRun: true,
    by: 'ann',
    reason: '',
  });
  for (const after of [null, 'msg_50000']) {
    if (after !== null) {
      await rig.sql`
        update rolecall.replays as r set after_id = i.id, after_received_at = i.received_at, leased_until = null
          from rolecall.inbox as i where i.id = ${after} and r.id = ${id}`;
    }
    const lease = () => replays.leaseReplay(id, 50, 60_000);
    expect(await read(lease)).toBeLessThan(1_000);
  }
  expect((await replays.readReplay(id))?.total).toBe(DELIVERIES);
});

test('looking for failed deliveries that are due reads only those', async () => {
  const replays = postgresReplayStore(worker.statements);
  expect(await read(() => replays.leaseRetries(10, 60_000))).toBeLessThan(100);
});
