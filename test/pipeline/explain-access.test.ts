import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrganizationId, UserId } from '../../src/domain/ids.ts';
import { type Explanation, explainAccess } from '../../src/pipeline/operators/explain-access.ts';
import { applyPolicy } from '../../src/pipeline/policies/apply-policy.ts';
import type { Delivery } from '../../src/pipeline/ports.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { auditTools } from '../../src/runtime/audit-tools.ts';
import { policyDigest, policyTools } from '../../src/runtime/policy-tools.ts';
import { type Rig, seedOrganization, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
let worker: Worker;
let organization: string;
beforeEach(async () => {
  rig = await startRig();
  worker = rig.worker();
  organization = await seedOrganization(rig, worker, ['user_a', 'user_b']);
});
afterEach(() => rig.stop());

const MANAGE = 'org:sys_memberships:manage';

async function explain(user: string, permission: string | null = MANAGE, where = organization) {
  const tools = auditTools(rig.url);
  try {
    return await explainAccess(tools, {
      organizationId: where as OrganizationId,
      userId: user as UserId,
      permission,
    });
  } finally {
    await tools.end();
  }
}

/** Takes what has happened at Clerk since the last time. */
async function tell(): Promise<readonly Delivery[]> {
  const news = await rig.news();
  await worker.process(news);
  return news;
}

async function apply(definition: object): Promise<void> {
  const tools = policyTools(rig.url);
  const policy = resolvePolicy(definition);
  const digest = policyDigest(policy);
  const { result } = await applyPolicy(tools, { policy, digest, by: 'ann', reason: 'a new plan' });
  await tools.end();
  expect(result).toBe('applied');
}

const codes = ({ because }: Explanation) => because.map(({ code }) => code);
const reason = (explanation: Explanation, code: string) => {
  const found = explanation.because.find((one) => one.code === code);
  if (found === undefined) throw new Error(`${code} is not among ${codes(explanation).join()}`);
  return found;
};

describe('why can she?', () => {
  it('because of a role that Clerk says grants it, told by a delivery', async () => {
    const told = await explain('user_a');
    expect(told).toMatchObject({ answer: true, role: 'org:admin', cutoff: null });
    expect(codes(told)).toEqual(['member', 'granted_by_role', 'role_by_provider']);
    expect(reason(told, 'member')).toMatchObject({
      delivery: expect.stringMatching(/^msg_/) as unknown,
      revision: expect.any(Number) as unknown,
      text: expect.stringMatching(
        /^user_a is a member of org_user_a since .+ in the role org:admin, by membership orgmem_\w+ \(told by delivery msg_\w+, recorded .+\)\.$/,
      ) as unknown,
    });
  });

  it('because of a policy, its version, and who applied it and why', async () => {
    await apply({
      name: 'helpdesk',
      permissions: {
        'tickets:view': 'See',
        'tickets:work': 'Work',
        'tickets:fancy': 'Fancy',
        'tickets:all': 'All',
      },
      features: { fancy: 'Fancy things' },
      roles: {
        'org:admin': {
          title: 'Admin',
          description: 'Runs it.',
          can: [
            'tickets:view',
            { permission: 'tickets:work', only: 'own' },
            { permission: 'tickets:fancy', feature: 'fancy' },
          ],
        },
        'org:member': { title: 'Member', description: 'Works in it.', can: ['tickets:all'] },
      },
    });
    const told = await explain('user_a', 'tickets:view');
    expect(told.answer).toBe(true);
    expect(reason(told, 'role_by_policy').text).toMatch(
      /^What org:admin grants is said by the policy helpdesk, version 1, applied by ann at .+: “a new plan”\.$/,
    );

    expect(codes(await explain('user_a', 'tickets:work'))).toContain('only_own');
    expect(codes(await explain('user_a', 'tickets:fancy'))).toContain('feature_off');
    const other = await explain('user_a', 'tickets:all');
    expect(other.answer).toBe(false);
    expect(reason(other, 'role_does_not_grant').text).toBe('org:admin does not grant tickets:all.');
    expect(reason(other, 'granted_by_others').text).toBe('Roles that grant tickets:all: org:member.');
    expect(reason(await explain('user_a', 'tickets:veiw'), 'unknown_permission').text).toContain('misspelt');

    rig.clerk.updateOrganizationMetadata(organization, { features: ['fancy'] });
    await tell();
    const fancy = await explain('user_a', 'tickets:fancy');
    expect([fancy.answer, codes(fancy).includes('granted_by_feature')]).toEqual([true, true]);
  });

  it('because she was among the first, whatever Clerk says', async () => {
    rig.clerk.changeRole(organization, 'user_a', 'org:member');
    await tell();
    await apply({
      name: 'founders',
      permissions: { everything: 'All' },
      roles: { 'org:founder': { title: 'Founder', description: 'Was first.', can: ['everything'] } },
      constraints: [{ firstMembersBecome: 'org:founder', count: 2 }],
    });
    const told = await explain('user_a', 'everything');
    expect([told.answer, told.role]).toEqual([true, 'org:founder']);
    expect(codes(told)).toEqual(expect.arrayContaining(['member', 'first_member', 'granted_by_role']));
  });
});

describe('why can she not?', () => {
  it('because she was removed, by a delivery that is named', async () => {
    rig.clerk.removeMember(organization, 'user_b');
    const [removal] = await tell();
    const told = await explain('user_b');
    expect(told).toMatchObject({ answer: false, role: null, permissions: [] });
    expect(reason(told, 'removed')).toMatchObject({ delivery: removal?.id });
    expect(reason(told, 'removed').text).toContain(`told by delivery ${removal?.id}`);
    expect(reason(told, 'cutoff_member')).toMatchObject({ delivery: removal?.id });
    expect(told.cutoff).not.toBeNull();
    expect(reason(told, 'revocation_owed').text).toContain('are still to be revoked at Clerk');
    await rig.sql`update rolecall.effects set status = 'dead', attempts = 40, last_error = 'timeout' where status = 'owed'`;
    expect(reason(await explain('user_b'), 'revocation_dead').text).toMatch(
      /effect \d+ is dead, tried 40 times: timeout/,
    );
  });

  it('because she was downgraded', async () => {
    rig.clerk.changeRole(organization, 'user_b', 'org:member');
    const [downgrade] = await tell();
    const told = await explain('user_b');
    expect([told.answer, told.role]).toEqual([false, 'org:member']);
    expect(reason(told, 'member').delivery).toBe(downgrade?.id);
    expect(reason(told, 'role_does_not_grant').text).toBe(`org:member does not grant ${MANAGE}.`);
    expect(reason(told, 'lost')).toMatchObject({ delivery: downgrade?.id });
    expect(codes(await explain('user_b', 'org:never:held'))).not.toContain('lost');
  });

  it('because she is banned, or was deleted, or the organization was', async () => {
    rig.clerk.banUser('user_a');
    const banned = (await tell()).find(({ type }) => type === 'user.updated');
    const suspended = await explain('user_a');
    expect([suspended.answer, suspended.permissions, suspended.role]).toEqual([false, [], 'org:admin']);
    expect(reason(suspended, 'suspended').delivery).toBe(banned?.id);
    rig.clerk.deleteUser('user_b');
    const deleted = (await tell()).find(({ type }) => type === 'user.deleted');
    expect(reason(await explain('user_b'), 'user_deleted').delivery).toBe(deleted?.id);
    rig.clerk.deleteOrganization(organization);
    const gone = (await tell()).find(({ type }) => type === 'organization.deleted');
    const told = await explain('user_a');
    expect(reason(told, 'organization_deleted').delivery).toBe(gone?.id);
    expect(codes(told)).toContain('suspended');
  });

  it('because Clerk did not list her when it was asked', async () => {
    rig.clerk.removeMember(organization, 'user_b');
    await rig.news();
    await rig.sql`update rolecall.memberships set seen_at = seen_at - 3600000`;
    await rig.sql`
      insert into rolecall.effects (kind, organization_id, user_id, lane, status, due_at)
      values ('lookup_member', ${organization}, 'user_b', 1, 'owed', now())`;
    await worker.dispatch();
    const told = await explain('user_b');
    expect(told.answer).toBe(false);
    expect(reason(told, 'presumed_absent').text).toContain('learnt by asking Clerk');
  });

  it('because what would let her in came late, and Clerk is still to be asked', async () => {
    rig.clerk.createUser({ id: 'user_late' });
    rig.clerk.addMember(organization, 'user_late', 'org:admin');
    const late = rig.worker({ clock: { now: () => Date.now() + 3_600_000 } });
    const news = await rig.news();
    await late.process(news);
    const told = await explain('user_late');
    expect(told.answer).toBe(false);
    expect(reason(told, 'not_confirmed').delivery).toBe(news.at(-1)?.id);
    expect(codes(told)).toContain('lookup_owed');
    await worker.dispatch();
    expect((await explain('user_late')).answer).toBe(true);
  });

  it('because a promotion came late: until Clerk has answered she is what she was', async () => {
    rig.clerk.changeRole(organization, 'user_b', 'org:member');
    await tell();
    rig.clerk.changeRole(organization, 'user_b', 'org:admin');
    const late = rig.worker({ clock: { now: () => Date.now() + 3_600_000 } });
    await late.process(await rig.news());
    const told = await explain('user_b');
    expect([told.answer, told.role]).toEqual([false, 'org:member']);
    expect(reason(told, 'waiting_for_clerk').text).toContain('Newer roles (org:admin)');
  });

  it('because the delivery that let her in was refused by the database, and is dead', async () => {
    await rig.sql.unsafe(
      `alter table rolecall.memberships add constraint a_mistake check (user_id <> 'user_new') not valid`,
    );
    rig.clerk.createUser({ id: 'user_new' });
    rig.clerk.addMember(organization, 'user_new', 'org:admin');
    const news = await tell();
    await rig.sql`update rolecall.inbox set retry_at = 'infinity' where outcome = 'failed'`;
    const told = await explain('user_new');
    expect(codes(told)).toEqual(expect.arrayContaining(['never_a_member', 'delivery_dead']));
    expect(reason(told, 'delivery_dead').delivery).toBe(news.at(-1)?.id);
  });

  it('not for long perhaps: a reconciliation did not find her, and waits for an operator', async () => {
    const [run] = await rig.sql`
      insert into rolecall.reconciliations (cause, dry_run, asked_by, reason) values ('operator', false, 'ann', '')
      returning id::int as id`;
    const id = run?.['id'] as number;
    await rig.sql`
      insert into rolecall.drift (reconciliation_id, kind, organization_id, user_id, subject, outcome)
      values (${id}, 'extra', ${organization}, 'user_b', 'orgmem_b', 'held')`;
    await rig.sql`
      insert into rolecall.holds (kind, difference, payload, raised_by, reason)
      values ('absences', ${rig.sql.json({ reconciliation: id })}, '{}', 'ann', '')`;
    expect(codes(await explain('user_a'))).not.toContain('hold_waiting');
    const told = await explain('user_b');
    expect(told.answer).toBe(true);
    expect(reason(told, 'hold_waiting').text).toMatch(/hold \d+ waits for an operator/);
    await rig.sql`update rolecall.holds set status = 'rejected'`;
    expect(codes(await explain('user_b'))).not.toContain('hold_waiting');
  });

  it('because nobody ever told of her, nor of such an organization', async () => {
    const stranger = await explain('user_nobody');
    expect(stranger).toMatchObject({ answer: false, role: null, permissions: [], cutoff: null });
    expect(codes(stranger)).toEqual(['never_named', 'unknown_user']);
    expect(reason(stranger, 'never_named').text).toBe('No delivery ever named user_nobody in org_user_a.');
    expect(codes(await explain('user_a', null, 'org_nowhere'))).toEqual([
      'never_named',
      'unknown_organization',
    ]);
  });

  it('because Clerk has deleted the role, or it loses its permission', async () => {
    rig.clerk.defineRole('org:editor', 'Editor', ['org:posts:write']);
    rig.clerk.changeRole(organization, 'user_b', 'org:editor');
    await tell();
    expect((await explain('user_b', 'org:posts:write')).answer).toBe(true);
    rig.clerk.changeRolePermissions('org:editor', []);
    const told = await tell();
    const changed = told.find(({ type }) => type === 'role.updated');
    const after = await explain('user_b', 'org:posts:write');
    expect(after.answer).toBe(false);
    expect(reason(after, 'role_by_provider').delivery).toBe(changed?.id);
    expect(reason(after, 'role_lost').delivery).toBe(changed?.id);
    expect(reason(after, 'cutoff_role').delivery).toBe(changed?.id);
  });
});

it('without a permission tells everything that somebody holds', async () => {
  const told = await explain('user_a', null);
  expect(told.answer).toBeNull();
  expect(told.permissions).toContain(MANAGE);
  expect(codes(told)).toEqual(['member']);
});
