import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveHold, rejectHold } from '../../src/pipeline/holds/decide-hold.ts';
import type { Provider } from '../../src/pipeline/ports.ts';
import { postgresPolicyStore } from '../../src/store/postgres/policy-store.ts';
import { access, column, providerAccess, type Rig, startRig, type Worker } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { everyFact, reconcilerOf } from './support/reconciliations.ts';

const MINUTE = 60_000;

let rig: Rig;
let worker: Worker;
let now: number;
const clock = { now: () => now };

beforeEach(async () => {
  now = Date.now() - 60 * MINUTE;
  rig = await startRig({ now: clock.now });
  worker = rig.worker({ clock });
});
afterEach(() => rig.stop());

/** Organizations of so many members each, as Clerk has them and as they were imported. */
async function imported(sizes: Readonly<Record<string, number>>): Promise<void> {
  const { clerk } = rig;
  for (const [organization, size] of Object.entries(sizes)) {
    clerk.createOrganization({ id: organization });
    for (let n = 0; n < size; n += 1) {
      clerk.createUser({ id: `user_${organization}_${n}` });
      clerk.addMember(organization, `user_${organization}_${n}`, 'org:member');
    }
  }
  await rig.news();
  const { reconciliation } = await reconcilerOf(worker).reconcile();
  expect(reconciliation).toMatchObject({ status: 'done', cause: 'import' });
  await answerLookups(rig, worker);
  now += 5 * MINUTE;
}

/** Nobody is told of it. */
async function leave(organization: string, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) rig.clerk.removeMember(organization, `user_${organization}_${n}`);
  await rig.news();
  now += 5 * MINUTE;
}

/** Clerk lists members, but not these. Asked about one directly, it tells the truth. */
const listingNobody = (real: Provider): Provider => ({
  ...real,
  memberships: async () => ({ answer: { evidence: [], unreadable: [], more: false, total: 0 } }),
});

const lookups = async () => {
  const [row] = await rig.sql`
    select count(*)::int as many from rolecall.effects where kind = 'lookup_member' and status = 'owed'`;
  return row?.['many'] as number;
};
const outcomes = async (id: number) => {
  const rows = await rig.sql`
    select outcome, count(*)::int as many from rolecall.drift where reconciliation_id = ${id} group by 1`;
  return Object.fromEntries(rows.map((one): [string, unknown] => [String(one['outcome']), one['many']]));
};
const tools = () => ({
  ...worker.dispatcher,
  policies: postgresPolicyStore(worker.statements),
  reconciler: reconcilerOf(worker),
});
const holds = (status: 'waiting' | 'approved' | 'rejected' = 'waiting') => tools().policies.readHolds(status);
const agree = async () => expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));

describe('members whom Clerk does not list', () => {
  it('are never removed for that: each is asked about, and its own answer decides', async () => {
    await imported({ org_1: 30 });
    await leave('org_1', 0, 3);
    const before = await access(rig.sql);
    const { id, reconciliation } = await reconcilerOf(worker).reconcile();
    expect(reconciliation).toMatchObject({ status: 'done', held: null, drift: { extra: 3 } });
    expect(await outcomes(id)).toEqual({ asked: 3 });
    expect(await access(rig.sql)).toEqual(before);
    const lanes = await rig.sql`select distinct lane from rolecall.effects where kind = 'lookup_member'`;
    expect(column(lanes, 'lane')).toEqual([3]);
    await answerLookups(rig, worker);
    await agree();
    expect((await reconcilerOf(worker).reconcile()).drift).toEqual([]);
  });

  it('and were told of within a minute before it began are left out', async () => {
    await imported({ org_1: 3 });
    rig.clerk.createUser({ id: 'user_new' });
    rig.clerk.addMember('org_1', 'user_new', 'org:member');
    await worker.process(await rig.news());
    rig.clerk.removeMember('org_1', 'user_new');
    now += 30_000;
    expect((await reconcilerOf(worker).reconcile()).drift).toEqual([]);
    now += MINUTE;
    expect((await reconcilerOf(worker).reconcile()).drift).toMatchObject([
      { kind: 'extra', user: 'user_new' },
    ]);
  });

  it('wait for an operator where they are more than may be missing of one organization; others do not', async () => {
    await imported({ org_1: 60, org_2: 600 });
    await leave('org_1', 0, 21);
    await leave('org_2', 0, 20);
    const { id, reconciliation } = await reconcilerOf(worker).reconcile();
    expect(await outcomes(id)).toEqual({ held: 21, asked: 20 });
    expect(await lookups()).toBe(20);
    const [hold, ...others] = await holds();
    expect(others).toEqual([]);
    expect(hold).toMatchObject({
      id: reconciliation.held,
      kind: 'absences',
      by: 'ann',
      reason: 'a test',
      difference: {
        reconciliation: id,
        organizations: [{ organization: 'org_1', members: 60, losing: 21 }],
        losing: 21,
        members: 660,
      },
    });
    expect(hold?.difference).toMatchObject({
      sample: expect.arrayContaining([
        { organization: 'org_1', user: 'user_org_1_0', role: 'org:member' },
      ]) as unknown,
    });
    await answerLookups(rig, worker);
    expect(await access(rig.sql)).toHaveLength(640);
  });

  it('wait where they are too many of all together, however few of each', async () => {
    await imported(Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`org_${n}`, 30])));
    for (let n = 0; n < 7; n += 1) await leave(`org_${n}`, 0, 3);
    const { id } = await reconcilerOf(worker).reconcile();
    expect(await outcomes(id)).toEqual({ held: 21 });
    expect(await lookups()).toBe(0);
    expect((await holds())[0]?.difference).toMatchObject({ losing: 21, members: 210 });
  });

  it('are asked about when an operator approves, and only what Clerk says of each is done', async () => {
    await imported({ org_1: 60 });
    await leave('org_1', 0, 25);
    const { id, reconciliation } = await reconcilerOf(worker).reconcile();
    // Some of them have come back by now.
    rig.clerk.addMember('org_1', 'user_org_1_0', 'org:admin');
    await rig.news();
    const hold = reconciliation.held ?? 0;
    expect(await approveHold(tools(), hold, 'bob', 'they did leave')).toEqual({ result: 'asked' });
    expect(await approveHold(tools(), hold, 'bob')).toMatchObject({
      result: 'not_waiting',
      hold: { id: hold },
    });
    expect(await outcomes(id)).toEqual({ asked: 25 });
    expect(await holds('approved')).toMatchObject([
      { id: hold, decidedBy: 'bob', decisionReason: 'they did leave' },
    ]);
    now += MINUTE;
    await answerLookups(rig, worker);
    await agree();
    expect(await access(rig.sql)).toHaveLength(36);
    const removals = await rig.sql`
      select k.cause from rolecall.changes as c join rolecall.audit_causes as k using (revision)
       where c.kind = 'removed'`;
    expect(removals).toHaveLength(24);
    for (const { cause } of removals) {
      expect(cause).toEqual({
        type: 'reconciliation',
        reconciliation: id,
        hold,
        by: 'bob',
        reason: 'they did leave',
      });
    }
  });

  it('stay members when an operator rejects', async () => {
    await imported({ org_1: 60 });
    await leave('org_1', 0, 25);
    const before = await access(rig.sql);
    const { id, reconciliation } = await reconcilerOf(worker).reconcile();
    expect(await rejectHold(tools(), reconciliation.held ?? 0, 'bob', 'Clerk errs')).toEqual({
      result: 'rejected',
    });
    expect(await holds('rejected')).toMatchObject([{ decidedBy: 'bob', decisionReason: 'Clerk errs' }]);
    expect(await rejectHold(tools(), reconciliation.held ?? 0, 'bob')).toMatchObject({
      result: 'not_waiting',
    });
    expect(await outcomes(id)).toEqual({ rejected: 25 });
    await answerLookups(rig, worker);
    expect(await access(rig.sql)).toEqual(before);
  });

  it('wait once: the latest look replaces what waited, and ends it where all are there again', async () => {
    await imported({ org_1: 60 });
    await leave('org_1', 0, 25);
    const first = await reconcilerOf(worker).reconcile();
    const second = await reconcilerOf(worker).reconcile();
    expect((await holds()).map(({ id }) => id)).toEqual([second.reconciliation.held]);
    expect(await holds('rejected')).toMatchObject([
      { id: first.reconciliation.held, decidedBy: `reconciliation:${second.id}` },
    ]);
    for (let n = 0; n < 25; n += 1) rig.clerk.addMember('org_1', `user_org_1_${n}`, 'org:member');
    await reconcilerOf(worker).reconcile();
    expect(await holds()).toEqual([]);
    await reconcilerOf(worker).run();
    expect(await outcomes(first.id)).toEqual({ rejected: 25 });
  });

  it.each([3, 45])('are all of them held when Clerk suddenly lists nobody (%i)', async (size) => {
    await imported({ org_1: size });
    const before = await everyFact(rig);
    const emptied = rig.worker({ clock, provider: listingNobody });
    const { id, reconciliation } = await reconcilerOf(emptied).reconcile();
    expect(reconciliation.held).not.toBeNull();
    expect(await outcomes(id)).toEqual({ held: size });
    await answerLookups(rig, worker);
    expect(await everyFact(rig)).toEqual(before);
    // What is approved by mistake is still asked about one by one.
    await approveHold(tools(), reconciliation.held ?? 0, 'bob');
    await answerLookups(rig, worker);
    await agree();
  });

  it('of an organization that is gone wait too, and lose everything once that is approved', async () => {
    await imported({ org_1: 30, org_2: 700 });
    rig.clerk.deleteOrganization('org_1', { membershipEvents: false });
    await rig.news();
    now += 5 * MINUTE;
    const { reconciliation } = await reconcilerOf(worker).reconcile({ organization: 'org_1' });
    expect(reconciliation).toMatchObject({ status: 'done', drift: { extra: 30 } });
    await approveHold(tools(), reconciliation.held ?? 0, 'bob');
    await answerLookups(rig, worker);
    await agree();
  });
});
