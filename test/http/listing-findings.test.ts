import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import astro from '../../examples/astro/policy.ts';
import cstar from '../../examples/cstar/policy.ts';
import { anyText, textLike } from '../support/matchers.ts';
import { activate, teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const LIMITED = 'limited-secret';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_acme:${LIMITED}` },
  });
  tell = teller(rolecall);
  const { clerk } = rolecall;
  for (const key of ['org:owner', 'org:agent', 'org:odd']) clerk.defineRole(key, key, []);
  for (const id of ['org_acme', 'org_other']) clerk.createOrganization({ id });
  for (const id of ['user_1', 'user_2', 'user_3']) clerk.createUser({ id });
  clerk.addMember('org_acme', 'user_1', 'org:agent', { publicMetadata: { filler: 'x'.repeat(8_000) } });
  clerk.addMember('org_acme', 'user_2', 'org:agent');
  clerk.addMember('org_other', 'user_3', 'org:odd');
  clerk.createInvitation('org_acme', 'new@acme.test', 'org:agent', { inviterId: 'user_2' });
  clerk.createInvitation('org_other', 'new@acme.test', 'org:agent', { inviterId: 'user_3' });
  await tell();
});
afterAll(() => rolecall.stop());

interface Found {
  readonly kind: string;
  readonly user: string | null;
  readonly role: string | null;
}
const findings = async (organization: string, token?: string) => {
  const { status, json } = await rolecall.get(`/v1/organizations/${organization}/findings`, token);
  expect(status).toBe(200);
  return (json as { findings: Found[] }).findings;
};
const kinds = async (organization: string, token?: string) =>
  (await findings(organization, token)).map(({ kind }) => kind);

describe('the findings of an organization', () => {
  it('are, without a policy, only what could not be read', async () => {
    expect(await findings('org_acme')).toEqual([
      {
        kind: 'unreadable_metadata',
        user: 'user_1',
        role: null,
        detail: { properties: ['size'] },
        found_at: null,
      },
    ]);
    expect(await findings('org_other')).toEqual([]);
  });

  it('are what the policy says and does not hold, and what no policy knows is told to whoever may ask about all', async () => {
    await activate(rolecall, cstar);
    await rolecall.sql`select rolecall.check_constraints('{"organizationId": "org_acme"}')`;
    expect(await findings('org_acme')).toEqual([
      { kind: 'exactly_one', user: null, role: 'org:owner', detail: { holders: [] }, found_at: anyText },
      {
        kind: 'inviter_may_not_invite',
        user: 'user_2',
        role: 'org:agent',
        detail: { invitation: textLike(/^orginv_/), status: 'pending', inviter_role: 'org:agent' },
        found_at: textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      { kind: 'unknown_role', user: null, role: 'org:odd', detail: { grants: [] }, found_at: null },
      {
        kind: 'unreadable_metadata',
        user: 'user_1',
        role: null,
        detail: { properties: ['size'] },
        found_at: null,
      },
    ]);
    expect(await kinds('org_acme', LIMITED)).toEqual([
      'exactly_one',
      'inviter_may_not_invite',
      'unreadable_metadata',
    ]);
    expect(await kinds('org_other')).toEqual(['inviter_may_not_invite', 'unknown_role']);
    expect(await kinds('org_nowhere')).toEqual(['unknown_role']);
  });

  it('name a role that was renamed or deleted under its members, until it is what the policy knows again', async () => {
    const { clerk } = rolecall;
    const found = async () => (await findings('org_acme')).filter(({ kind }) => kind === 'unknown_role');
    await tell(() => clerk.renameRole('org:agent', 'org:hero'));
    expect(await found()).toMatchObject([
      { role: 'org:hero', detail: { grants: [], held_as: 'org:agent' } },
      { role: 'org:odd', detail: { grants: [] } },
    ]);
    await tell(() => clerk.renameRole('org:hero', 'org:agent'));
    await tell(() => clerk.deleteRole('org:odd', { force: true }));
    expect(await found()).toMatchObject([{ role: 'org:odd', detail: { grants: [], deleted: true } }]);
  });

  it('by a policy that extends the provider leave Clerk’s own rule to Clerk’s own roles', async () => {
    const { clerk } = rolecall;
    await tell(() => {
      clerk.defineRole('org:custom', 'Custom', []);
      clerk.createUser({ id: 'user_5' });
      clerk.addMember('org_other', 'user_5', 'org:custom');
    });
    await activate(rolecall, {
      name: 'extending',
      extends: 'provider',
      permissions: { help: 'Help people' },
      roles: {
        'org:agent': {
          title: 'Agent',
          description: 'Helps.',
          givenToCreator: true,
          can: ['help'],
          assigns: { invite: ['org:agent'] },
        },
      },
    });
    expect(await kinds('org_acme', LIMITED)).toEqual(['unreadable_metadata']);
    const roles = (await findings('org_other')).map(({ role, kind }) => `${kind} ${role}`);
    // Deleted under its members. The custom role is Clerk's own, and grants what Clerk says.
    expect(roles).toEqual(['unknown_role org:odd']);
  });

  it('name a role in a resource that is none there, with whoever holds it', async () => {
    await activate(rolecall, astro);
    const { clerk } = rolecall;
    clerk.createOrganization({ id: 'org_astro' });
    clerk.createUser({ id: 'user_4' });
    clerk.addMember('org_astro', 'user_4', 'org:member', {
      publicMetadata: {
        workspaces: { ws_1: 'WORKSPACE_KING', ws_2: 'org:owner', ws_3: 'WORKSPACE_ADMIN' },
        planets: { mars: 'KING' },
      },
    });
    await tell();
    const named = (await findings('org_astro', undefined)).filter(({ user }) => user === 'user_4');
    expect(named).toMatchObject([
      { kind: 'unknown_role', role: 'WORKSPACE_KING', detail: { scope: { type: 'workspace', id: 'ws_1' } } },
      { kind: 'unknown_role', role: 'org:owner', detail: { scope: { type: 'workspace', id: 'ws_2' } } },
    ]);
  });
});
