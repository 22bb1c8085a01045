import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import astro from '../../examples/astro/policy.ts';
import clerkChat from '../../examples/clerk-chat/policy.ts';
import cstar from '../../examples/cstar/policy.ts';
import { anyNumber } from '../support/matchers.ts';
import { activate, teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall();
  tell = teller(rolecall);
  const { clerk } = rolecall;
  const roles = ['owner', 'workspace_owner', 'manager', 'agent', 'librarian', 'spectator', 'billing_admin'];
  for (const role of roles) clerk.defineRole(`org:${role}`, role, []);
  clerk.defineRole('org:people', 'People', ['org:sys_memberships:manage']);
  for (const id of ['org_acme', 'org_other', 'org_astro']) clerk.createOrganization({ id });
  for (const role of [
    'owner',
    'workspace_owner',
    'admin',
    'manager',
    'agent',
    'member',
    'spectator',
    'people',
  ]) {
    clerk.createUser({ id: `user_${role}` });
    clerk.addMember('org_acme', `user_${role}`, `org:${role}`);
  }
  clerk.createUser({ id: 'user_admin_2' });
  clerk.addMember('org_acme', 'user_admin_2', 'org:admin');
  clerk.createUser({ id: 'user_elsewhere' });
  clerk.addMember('org_other', 'user_elsewhere', 'org:admin');
  await tell();
});
afterAll(() => rolecall.stop());

const NOTHING = { invite: [], change: [], remove: false };

async function may(actor: string, target: string | null, query = '', organization = 'org_acme') {
  const about = target === null ? '' : `&target=user_${target}`;
  const path = `/v1/organizations/${organization}/assignable-roles?actor=user_${actor}${about}${query}`;
  const { status, json } = await rolecall.get(path);
  expect(status).toBe(200);
  expect(json).toMatchObject({ revision: anyNumber });
  const { revision: _, ...answer } = json as { revision: number };
  return answer;
}

describe('without a policy', () => {
  const every = () =>
    [
      'admin',
      'agent',
      'billing_admin',
      'librarian',
      'manager',
      'member',
      'owner',
      'people',
      'spectator',
      'workspace_owner',
    ].map((role) => `org:${role}`);
  const but = (...roles: string[]) => every().filter((role) => !roles.includes(role));

  it('whoever may manage memberships gives and takes every role that Clerk has', async () => {
    for (const actor of ['admin', 'people']) {
      expect(await may(actor, 'agent')).toEqual({ invite: every(), change: but('org:agent'), remove: true });
      expect(await may(actor, 'admin_2')).toEqual({
        invite: every(),
        change: but('org:admin'),
        remove: true,
      });
    }
  });

  it('nobody else assigns anything', async () => {
    for (const actor of ['member', 'owner', 'elsewhere', 'nobody'])
      expect(await may(actor, 'agent'), actor).toEqual(NOTHING);
    expect(await may('admin', 'agent', '', 'org_other')).toEqual(NOTHING);
    expect(await may('admin', 'agent', '&scope_type=workspace&scope_id=ws_1')).toEqual(NOTHING);
  });

  it('who is no member can only be invited', async () => {
    const invited = { invite: every(), change: [], remove: false };
    for (const target of [null, 'nobody', 'elsewhere']) expect(await may('admin', target)).toEqual(invited);
  });

  it('a role that Clerk has deleted is nobody’s to give', async () => {
    const { clerk } = rolecall;
    await tell(() => clerk.defineRole('org:short', 'Short', []));
    expect(await may('admin', null)).toMatchObject({ invite: [...every(), 'org:short'].sort() });
    await tell(() => clerk.deleteRole('org:short'));
    expect(await may('admin', null)).toMatchObject({ invite: every() });
  });

  it('whoever is suspended assigns nothing, and can still be changed and removed', async () => {
    const { clerk } = rolecall;
    await tell(() => clerk.banUser('user_admin_2'));
    expect(await may('admin_2', 'agent')).toEqual(NOTHING);
    expect(await may('admin', 'admin_2')).toMatchObject({ remove: true });
    await tell(() => clerk.unbanUser('user_admin_2'));
    expect(await may('admin_2', 'agent')).toMatchObject({ remove: true });
  });

  it('of whoever is contested nothing is known: they assign nothing, and are nobody’s to change', async () => {
    const contested = (is: boolean) => rolecall.sql`
      update rolecall.memberships set contested = ${is} where user_id = 'user_admin_2'`;
    await contested(true);
    expect(await may('admin_2', 'agent')).toEqual(NOTHING);
    expect(await may('admin', 'admin_2')).toMatchObject({ change: [], remove: false });
    await contested(false);
  });

  it('while a demotion waits for Clerk’s word, what is allowed is what both roles allow', async () => {
    const waiting = (user: string, role: string | null) => rolecall.sql`
      update rolecall.memberships set ceiling = ${rolecall.sql.json(role === null ? [] : [{ role, scoped: {} }])}
       where user_id = ${user}`;
    await waiting('user_admin_2', 'org:member');
    expect(await may('admin_2', 'agent')).toEqual(NOTHING);
    await waiting('user_admin_2', 'org:people');
    expect(await may('admin_2', 'agent')).toMatchObject({ remove: true });
    expect(await may('admin', 'admin_2')).toMatchObject({ change: but('org:admin', 'org:people') });
    await waiting('user_admin_2', null);
  });
});

describe('by a policy that extends the provider', () => {
  it('its rules count for its roles, and Clerk’s for the others', async () => {
    await activate(rolecall, {
      name: 'extending',
      extends: 'provider',
      permissions: { help: 'Help people' },
      roles: {
        'org:admin': {
          title: 'Admin',
          description: 'Runs it, and makes agents.',
          givenToCreator: true,
          assigns: ['org:agent'],
        },
        'org:agent': { title: 'Agent', description: 'Helps.', can: ['help'] },
      },
    });
    expect(await may('admin', 'agent')).toEqual({ invite: ['org:agent'], change: [], remove: true });
    expect(await may('admin', 'member')).toMatchObject({ change: [], remove: false });
    expect(await may('people', 'admin')).toMatchObject({ remove: true });
    expect(await may('agent', 'member')).toEqual(NOTHING);
    expect(await may('manager', 'member')).toEqual(NOTHING);
  });
});

describe('by cStar’s policy', () => {
  it('an Admin neither makes nor unmakes an Admin, and the Owner does both', async () => {
    await activate(rolecall, cstar);
    const below = ['org:agent', 'org:librarian', 'org:manager', 'org:spectator'];
    expect(await may('admin', 'manager')).toEqual({
      invite: below,
      change: below.filter((role) => role !== 'org:manager'),
      remove: true,
    });
    expect(await may('admin', 'admin_2')).toEqual({ invite: below, change: [], remove: false });
    expect(await may('admin', 'owner')).toEqual({ invite: below, change: [], remove: false });
    expect(await may('owner', 'admin')).toEqual({
      invite: ['org:admin', ...below],
      change: below,
      remove: true,
    });
    expect(await may('manager', 'agent')).toEqual(NOTHING);
    // No policy speaks of this role, and this one leaves nothing to Clerk.
    expect(await may('people', 'agent')).toEqual(NOTHING);
    expect(await may('admin', 'people')).toMatchObject({ change: [], remove: false });
  });
});

describe('by Clerk Chat’s policy', () => {
  it('Manager and Agent invite, and change nobody', async () => {
    await activate(rolecall, clerkChat);
    expect(await may('agent', 'member')).toEqual({
      invite: ['org:agent', 'org:member'],
      change: [],
      remove: false,
    });
    expect(await may('manager', 'member')).toEqual({
      invite: ['org:agent', 'org:manager', 'org:member'],
      change: [],
      remove: false,
    });
    expect(await may('admin', 'workspace_owner')).toMatchObject({ change: [], remove: false });
  });
});

describe('by Astro’s policy', () => {
  const ROLES = ['WORKSPACE_ADMIN', 'WORKSPACE_EDITOR', 'WORKSPACE_VIEWER'];
  const at = (id: string) => `&scope_type=workspace&scope_id=${id}`;

  it('a Workspace Admin assigns in that Workspace, and an Organization role in none', async () => {
    const { clerk } = rolecall;
    await tell(() => {
      const join = (name: string, role: string, workspaces: Record<string, string> = {}) => {
        clerk.createUser({ id: `user_${name}` });
        clerk.addMember('org_astro', `user_${name}`, role, { publicMetadata: { workspaces } });
      };
      // The first three become Owners by the policy.
      for (const name of ['o1', 'o2', 'o3']) join(name, 'org:member');
      join('wa', 'org:member', { ws_1: 'WORKSPACE_ADMIN', ws_2: 'WORKSPACE_VIEWER', ws_3: 'org:owner' });
      join('we', 'org:member', { ws_1: 'WORKSPACE_EDITOR', ws_2: 'WORKSPACE_EDITOR' });
      join('wn', 'org:member');
    });
    await activate(rolecall, astro);
    const ask = (actor: string, target: string | null, query = '') => may(actor, target, query, 'org_astro');

    expect(await ask('wa', 'we', at('ws_1'))).toEqual({
      invite: ROLES,
      change: ['WORKSPACE_ADMIN', 'WORKSPACE_VIEWER'],
      remove: true,
    });
    expect(await ask('wa', 'wn', at('ws_1'))).toEqual({ invite: ROLES, change: [], remove: false });
    for (const elsewhere of ['ws_2', 'ws_3', 'ws_4'])
      expect(await ask('wa', 'we', at(elsewhere))).toEqual(NOTHING);
    expect(await ask('wa', 'we')).toEqual(NOTHING);
    expect(await ask('we', 'wa', at('ws_1'))).toEqual(NOTHING);
    expect(await ask('wa', 'we', '&scope_type=team&scope_id=ws_1')).toEqual(NOTHING);

    const owner = { invite: ['org:billing_admin', 'org:member', 'org:owner'], remove: true };
    expect(await ask('o1', 'we')).toEqual({ ...owner, change: ['org:billing_admin', 'org:owner'] });
    expect(await ask('o1', 'o2')).toEqual({ ...owner, change: ['org:billing_admin', 'org:member'] });
    expect(await ask('o1', 'we', '&scope_type=organization&scope_id=org_astro')).toEqual(
      await ask('o1', 'we'),
    );
    expect(await ask('o1', 'we', at('ws_1'))).toEqual(NOTHING);
    // The same workspace's name in another organization is another workspace.
    expect(await may('wa', 'we', at('ws_1'), 'org_acme')).toEqual(NOTHING);
  });
});
