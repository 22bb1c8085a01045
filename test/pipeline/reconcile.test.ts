import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  access,
  column,
  providerAccess,
  type Rig,
  seedOrganization,
  startRig,
  type Worker,
} from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { everyFact, reconcilerOf } from './support/reconciliations.ts';

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
const reconcile = (wanted: Parameters<ReturnType<typeof reconcilerOf>['reconcile']>[0] = {}) =>
  reconcilerOf(worker).reconcile(wanted);

async function seeded(): Promise<string> {
  const organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_c']);
  now += 5 * MINUTE;
  return organization;
}

/** One of each kind. */
async function drifted(): Promise<string> {
  const { clerk } = rig;
  const organization = await seeded();
  await untold(() => {
    clerk.createUser({ id: 'user_d' });
    clerk.addMember(organization, 'user_d', 'org:member');
    clerk.removeMember(organization, 'user_a');
    clerk.changeRole(organization, 'user_b', 'org:member');
    clerk.banUser('user_c');
    clerk.updateMembershipMetadata(organization, 'user_c', { workspaces: { ws_1: 'WORKSPACE_ADMIN' } });
    clerk.updateOrganizationMetadata(organization, { features: ['beta'] });
    clerk.defineRole('org:editor', 'Editor', ['org:posts:write']);
  });
  return organization;
}

describe('a reconciliation', () => {
  it('of what agrees finds nothing, writes no fact, no change and no effect', async () => {
    await seeded();
    const before = await everyFact(rig);
    const { reconciliation, drift } = await reconcile();
    expect(drift).toEqual([]);
    expect(reconciliation).toMatchObject({
      status: 'done',
      cause: 'operator',
      drift: {},
      held: null,
      problem: null,
      by: 'ann',
    });
    expect(reconciliation.compared).toBe(reconciliation.total);
    expect(await everyFact(rig)).toEqual(before);
  });

  it('finds every kind of drift, repairs it, and is the cause of what moved', async () => {
    const organization = await drifted();
    const { id, reconciliation, drift } = await reconcile();
    expect(drift.map(({ kind, user, outcome }) => `${kind} ${user ?? ''} ${outcome}`)).toEqual([
      'wrong_definition  repaired',
      'stale_organization  repaired',
      'wrong_suspension user_c repaired',
      'wrong_role user_b repaired',
      'stale_metadata user_c repaired',
      'missing user_d repaired',
      'extra user_a asked',
    ]);
    expect(reconciliation).toMatchObject({
      status: 'done',
      drift: {
        ...{ missing: 1, extra: 1, wrong_role: 1, stale_metadata: 1 },
        ...{ wrong_suspension: 1, wrong_definition: 1, stale_organization: 1 },
      },
    });
    expect(drift.find(({ kind }) => kind === 'wrong_role')).toMatchObject({
      organization,
      ours: { role: 'org:admin' },
      theirs: { role: 'org:member' },
    });
    await answerLookups(rig, worker);
    await agree();
    const causes = await rig.sql`
      select distinct cause from rolecall.changes where cause not in ('delivery', 'lookup_roles') order by 1`;
    // Also of what Clerk was asked about on its behalf.
    expect(column(causes, 'cause')).toEqual([`reconciliation:${id}`]);
    expect((await reconcile()).drift).toEqual([]);
  });

  it('that is only tried finds the same and writes nothing else', async () => {
    await drifted();
    const before = await everyFact(rig);
    const tried = await reconcile({ dryRun: true });
    expect(await everyFact(rig)).toEqual(before);
    const done = await reconcile();
    const told = ({ drift }: typeof done) => drift.map(({ kind, subject }) => `${kind} ${subject}`);
    expect(told(tried)).toEqual(told(done));
    expect(new Set(tried.drift.map(({ outcome }) => outcome))).toEqual(new Set(['found']));
    expect(tried.reconciliation.drift).toEqual(done.reconciliation.drift);
  });

  it('of one organization leaves the others alone, but for roles and for whom they share', async () => {
    const { clerk } = rig;
    const one = await seeded();
    clerk.createOrganization({ id: 'org_other' });
    clerk.addMember('org_other', 'user_a', 'org:admin');
    clerk.createUser({ id: 'user_stranger' });
    clerk.addMember('org_other', 'user_stranger', 'org:admin');
    await worker.process(await rig.news());
    now += 5 * MINUTE;
    await untold(() => {
      clerk.removeMember('org_other', 'user_a');
      clerk.banUser('user_stranger');
      clerk.updateOrganizationMetadata('org_other', { features: ['x'] });
      clerk.removeMember(one, 'user_b');
      clerk.changeRole(one, 'user_c', 'org:member');
      clerk.banUser('user_a');
    });
    const { reconciliation, drift } = await reconcile({ organization: one });
    expect(reconciliation.organization).toBe(one);
    expect(drift.map(({ kind, user }) => `${kind} ${user}`)).toEqual([
      'wrong_suspension user_a',
      'wrong_role user_c',
      'extra user_b',
    ]);
    await answerLookups(rig, worker);
    const inOne = (lines: string[]) => lines.filter((line) => line.startsWith(one));
    expect(inOne(await access(rig.sql))).toEqual(inOne(providerAccess(clerk)));
    expect(clerk.calls.to('GET /v1/organization_memberships')).toBe(0);
  });

  it('sees a ban that nobody told of, takes everything at once, and owes the revocation', async () => {
    const organization = await seeded();
    await untold(() => void rig.clerk.banUser('user_a'));
    await reconcile();
    expect((await access(rig.sql))[0]).toBe(`${organization} user_a org:admin `);
    const owed =
      await rig.sql`select kind, lane from rolecall.effects where user_id = 'user_a' and status = 'owed'`;
    expect([...owed]).toEqual([{ kind: 'revoke_sessions', lane: 0 }]);
    await untold(() => void rig.clerk.unbanUser('user_a'));
    expect((await reconcile()).drift).toMatchObject([
      { kind: 'wrong_suspension', theirs: { suspended: false } },
    ]);
    await agree();
  });

  it('sees a role that was edited in silence, and reaches all who hold it', async () => {
    await seeded();
    await untold(() => void rig.clerk.changeRolePermissions('org:admin', ['org:sys_memberships:read']));
    const { drift } = await reconcile();
    expect(drift).toMatchObject([
      {
        kind: 'wrong_definition',
        ours: { key: 'org:admin' },
        theirs: { permissions: ['org:sys_memberships:read'] },
      },
    ]);
    await agree();
  });

  it('learns of an organization whose founding it missed, with all of its members', async () => {
    const { clerk } = rig;
    await seeded();
    await untold(() => {
      clerk.createOrganization({ id: 'org_new', createdBy: 'user_a' });
      if (!clerk.access().some(({ organizationId }) => organizationId === 'org_new')) {
        clerk.addMember('org_new', 'user_a', 'org:admin');
      }
    });
    const { drift } = await reconcile();
    expect(drift.map(({ kind, organization, ours }) => [kind, organization, ours])).toEqual([
      ['stale_organization', 'org_new', null],
      ['missing', 'org_new', null],
    ]);
    await agree();
  });

  it('brings nobody back: what was deleted stays so, and who rejoined is who rejoined', async () => {
    const { clerk, sql } = rig;
    const organization = await seeded();
    const stale = worker.dispatcher.provider;
    const listed = await stale.memberships(null, 0);
    clerk.removeMember(organization, 'user_a');
    clerk.removeMember(organization, 'user_b');
    await worker.process(await rig.news());
    clerk.addMember(organization, 'user_b', 'org:member');
    await worker.process(await rig.news());
    now += 5 * MINUTE;
    const lives = () => sql`select id, role, deleted_at from rolecall.memberships order by id`;
    const before = await lives();
    // A reader of Clerk's that is behind lists them still.
    const behind = rig.worker({ clock, provider: (real) => ({ ...real, memberships: async () => listed }) });
    const { drift } = await reconcilerOf(behind).reconcile();
    expect(drift.filter(({ kind }) => kind !== 'extra')).toEqual([]);
    await answerLookups(rig, worker);
    await agree();
    expect(await lives()).toEqual(before);
  });

  it('gives those back whom an absence had taken by mistake', async () => {
    const organization = await seeded();
    await rig.sql`
      update rolecall.memberships set absent_at = seen_at + 1000, row_version = row_version + 1 where user_id = 'user_a'`;
    expect(await access(rig.sql)).toHaveLength(2);
    const { drift } = await reconcile();
    expect(drift).toMatchObject([{ kind: 'missing', organization, user: 'user_a', outcome: 'repaired' }]);
    await agree();
  });

  it('settles what waited for Clerk’s word', async () => {
    const { clerk, sql } = rig;
    const organization = await seeded();
    clerk.changeRole(organization, 'user_a', 'org:member');
    await worker.process(await rig.news());
    clerk.changeRole(organization, 'user_a', 'org:admin');
    const told = await rig.news();
    now += 10 * MINUTE;
    await worker.process(told);
    await sql`update rolecall.effects set status = 'dead' where status = 'owed'`;
    expect(await access(sql)).not.toEqual(providerAccess(clerk));
    expect((await reconcile()).drift).toMatchObject([{ kind: 'wrong_role', user: 'user_a' }]);
    await agree();
  });

  it('takes a later version also where it says the same: older news of the time between does not count any more', async () => {
    const { clerk } = rig;
    const organization = await seeded();
    clerk.changeRole(organization, 'user_a', 'org:member');
    const [demoted] = await rig.news();
    now += MINUTE;
    await untold(() => void clerk.changeRole(organization, 'user_a', 'org:admin'));
    expect((await reconcile()).drift).toMatchObject([{ kind: 'stale_metadata', user: 'user_a' }]);
    if (demoted === undefined) throw new Error('an event');
    await worker.process([demoted]);
    await answerLookups(rig, worker);
    await agree();
  });
});
