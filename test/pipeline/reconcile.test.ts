import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { access, providerAccess, type Rig, seedOrganization, startRig, type Worker } from '../support/rig.ts';
import { answerLookups, reconcilerOf } from './support/reconciliations.ts';

const MINUTE = 60_000;

let rig: Rig;
let worker: Worker;
let now: number;
const clock = { now: () => now };

/** Provider and we live at a time that the test sets: what was told is soon older than a minute. */
beforeEach(async () => {
  now = Date.now() - 60 * MINUTE;
  rig = await startRig({ now: clock.now });
  worker = rig.worker({ clock });
});
afterEach(() => rig.stop());

/** Whatever Clerk does in it is never told. */
async function untold(change: () => void): Promise<void> {
  change();
  await rig.news();
  now += 5 * MINUTE;
}

const agree = async () => expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
const facts = async () => [
  await rig.sql`select * from rolecall.memberships order by id`,
  await rig.sql`select * from rolecall.users order by id`,
  await rig.sql`select * from rolecall.organizations order by id`,
  await rig.sql`select * from rolecall.roles order by id`,
  await rig.sql`select * from rolecall.role_keys order by key`,
  await rig.sql`select * from rolecall.changes order by revision`,
  await rig.sql`select * from rolecall.effects order by id`,
];

async function seeded(): Promise<string> {
  const organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_c']);
  now += 5 * MINUTE;
  return organization;
}

describe('a reconciliation', () => {
  it('of what agrees finds nothing, writes no fact, no change and no effect', async () => {
    await seeded();
    await reconcilerOf(worker).reconcile();
    const before = await facts();
    const { reconciliation, drift } = await reconcilerOf(worker).reconcile();
    expect(drift).toEqual([]);
    expect(reconciliation).toMatchObject({
      status: 'done',
      cause: 'operator',
      drift: {},
      held: null,
      by: 'ann',
    });
    expect(await facts()).toEqual(before);
  });

  it('finds every kind of drift, repairs it, and is the cause of what moved', async () => {
    const { clerk, sql } = rig;
    const organization = await seeded();
    await untold(() => {
      clerk.createUser({ id: 'user_d' });
      clerk.addMember(organization, 'user_d', 'org:member');
      clerk.removeMember(organization, 'user_a');
      clerk.changeRole(organization, 'user_b', 'org:member');
      clerk.banUser('user_c');
      clerk.updateOrganizationMetadata(organization, { features: ['beta'] });
      clerk.defineRole('org:editor', 'Editor', ['org:posts:write']);
    });
    const { id, reconciliation, drift } = await reconcilerOf(worker).reconcile();
    expect(drift.map(({ kind, user, outcome }) => `${kind} ${user ?? ''} ${outcome}`)).toEqual([
      'wrong_definition  repaired',
      'stale_organization  repaired',
      'wrong_suspension user_c repaired',
      'wrong_role user_b repaired',
      'missing user_d repaired',
      'extra user_a asked',
    ]);
    expect(reconciliation).toMatchObject({
      status: 'done',
      drift: {
        missing: 1,
        extra: 1,
        wrong_role: 1,
        wrong_suspension: 1,
        wrong_definition: 1,
        stale_organization: 1,
      },
    });
    expect(drift.find(({ kind }) => kind === 'wrong_role')).toMatchObject({
      organization,
      ours: { role: 'org:admin' },
      theirs: { role: 'org:member' },
    });
    await answerLookups(rig, worker);
    await agree();
    const causes =
      await sql`select distinct cause from rolecall.changes where cause <> 'delivery' order by 1`;
    expect(causes.map(({ cause }) => cause)).toEqual([
      'lookup_member',
      'lookup_roles',
      `reconciliation:${id}`,
    ]);
    expect((await reconcilerOf(worker).reconcile()).drift).toEqual([]);
  });
});
