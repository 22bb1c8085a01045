import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import astro from '../../examples/astro/policy.ts';
import { anyNumber } from '../support/matchers.ts';
import { activate, teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const LIMITED = 'limited-secret';

interface Page {
  readonly members: readonly { readonly user: string; readonly role: string }[];
  readonly next: string | null;
  readonly revision: number;
}

let rolecall: Running;
let tell: ReturnType<typeof teller>;
let joinedAt: number;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_acme:${LIMITED}` },
  });
  tell = teller(rolecall);
  const { clerk } = rolecall;
  clerk.defineRole('org:owner', 'Owner', []);
  clerk.createOrganization({ id: 'org_acme' });
  clerk.createOrganization({ id: 'org_other' });
  for (const user of ['user_5', 'user_4', 'user_3', 'user_2', 'user_1', 'user_left'])
    clerk.createUser({ id: user });
  clerk.addMember('org_acme', 'user_5', 'org:admin');
  ({ createdAt: joinedAt } = clerk.addMember('org_acme', 'user_4', 'org:member', {
    publicMetadata: { workspaces: { ws_1: 'WORKSPACE_ADMIN', ws_2: 'WORKSPACE_VIEWER' } },
  }));
  clerk.addMember('org_acme', 'user_left', 'org:member', {
    publicMetadata: { workspaces: { ws_1: 'WORKSPACE_ADMIN' } },
  });
  clerk.addMember('org_acme', 'user_2', 'org:member', {
    publicMetadata: { workspaces: { ws_1: 'WORKSPACE_VIEWER' } },
  });
  clerk.addMember('org_acme', 'user_1', 'org:member');
  clerk.addMember('org_other', 'user_3', 'org:member', {
    publicMetadata: { workspaces: { ws_1: 'WORKSPACE_VIEWER' } },
  });
  clerk.removeMember('org_acme', 'user_left');
  clerk.banUser('user_1');
  await tell();
});
afterAll(() => rolecall.stop());

const PATH = '/v1/organizations/org_acme/members';
const page = async (query = '', path = PATH): Promise<Page> => {
  const { status, json } = await rolecall.get(`${path}${query}`);
  expect(status).toBe(200);
  return json as Page;
};
const users = async (query = '', path = PATH) => (await page(query, path)).members.map(({ user }) => user);

describe('the list of members', () => {
  it('says of each which roles they have where, since when, and whether they are suspended', async () => {
    const { members, next, revision } = await page();
    expect(members.map(({ user }) => user)).toEqual(['user_1', 'user_2', 'user_4', 'user_5']);
    expect(members[2]).toEqual({
      organization: 'org_acme',
      user: 'user_4',
      role: 'org:member',
      roles: [
        { role: 'org:member', scope: { type: 'organization', id: 'org_acme' } },
        { role: 'WORKSPACE_ADMIN', scope: { type: 'workspace', id: 'ws_1' } },
        { role: 'WORKSPACE_VIEWER', scope: { type: 'workspace', id: 'ws_2' } },
      ],
      since: new Date(joinedAt).toISOString(),
      suspended: false,
    });
    expect(members[0]).toMatchObject({ user: 'user_1', suspended: true });
    expect([next, revision]).toEqual([null, anyNumber]);
  });

  it('comes in pages that hold everybody once, also while somebody joins', async () => {
    const first = await page('?limit=2');
    expect(first.members.map(({ user }) => user)).toEqual(['user_1', 'user_2']);
    await tell(() => {
      for (const id of ['user_0', 'user_42']) {
        rolecall.clerk.createUser({ id });
        rolecall.clerk.addMember('org_acme', id, 'org:member');
      }
    });
    const second = await page(`?limit=2&cursor=${first.next}`);
    expect(second.members.map(({ user }) => user)).toEqual(['user_4', 'user_42']);
    const third = await page(`?limit=2&cursor=${second.next}`);
    expect(third).toMatchObject({ members: [{ user: 'user_5' }], next: null });
    await tell(() => {
      for (const id of ['user_0', 'user_42']) rolecall.clerk.removeMember('org_acme', id);
    });
  });

  it('ends with the last full page', async () => {
    expect((await page('?limit=4')).next).toBeNull();
    expect((await page('?limit=3')).next).not.toBeNull();
  });

  it('can be of those in one role', async () => {
    expect(await users('?role=org:admin')).toEqual(['user_5']);
    expect(await users('?role=org%3Amember')).toEqual(['user_1', 'user_2', 'user_4']);
    expect(await users('?role=org:nothing')).toEqual([]);
    const first = await page('?role=org:member&limit=2');
    expect(await users(`?role=org:member&limit=2&cursor=${first.next}`)).toEqual(['user_4']);
  });

  it('can be of those with a role in one resource of this organization, or with this very role there', async () => {
    const workspace = '?scope_type=workspace&scope_id=ws_1';
    expect(await users(workspace)).toEqual(['user_2', 'user_4']);
    expect(await users(`${workspace}&role=WORKSPACE_VIEWER`)).toEqual(['user_2']);
    expect(await users(`${workspace}&role=org:member`)).toEqual([]);
    expect(await users('?scope_type=workspace&scope_id=ws_2')).toEqual(['user_4']);
    expect(await users('?scope_type=workspace&scope_id=ws_3')).toEqual([]);
    expect(await users('?scope_type=team&scope_id=ws_1')).toEqual([]);
    expect(await users('?scope_type=organization&scope_id=org_acme&role=org:admin')).toEqual(['user_5']);
    const first = await page(`${workspace}&limit=1`);
    expect(await users(`${workspace}&limit=1&cursor=${first.next}`)).toEqual(['user_4']);
  });

  it('is empty for an organization that nobody knows, and after one was deleted', async () => {
    expect(await page('', '/v1/organizations/org_nowhere/members')).toMatchObject({
      members: [],
      next: null,
    });
    await tell(() => {
      rolecall.clerk.createOrganization({ id: 'org_short' });
      rolecall.clerk.addMember('org_short', 'user_2', 'org:member');
    });
    expect(await users('', '/v1/organizations/org_short/members')).toEqual(['user_2']);
    await tell(() => rolecall.clerk.deleteOrganization('org_short'));
    expect(await users('', '/v1/organizations/org_short/members')).toEqual([]);
  });

  it('shows a token of one organization no other one, whatever cursor it has', async () => {
    const { next } = await page('?limit=1');
    const { status, json } = await rolecall.get('/v1/organizations/org_other/members', LIMITED);
    expect([status, json]).toMatchObject([403, { error: { code: 'forbidden' } }]);
    expect((await rolecall.get(PATH, LIMITED)).status).toBe(200);
    expect(await users(`?cursor=${next}`, '/v1/organizations/org_other/members')).toEqual(['user_3']);
  });
});

describe('under a policy', () => {
  it('the first who joined are listed in the role that it makes them, and not in the one the provider sends', async () => {
    await activate(rolecall, astro);
    // Among the first three was one who left.
    expect(await users('?role=org:owner')).toEqual(['user_4', 'user_5']);
    expect(await users('?role=org:admin')).toEqual([]);
    expect(await users('?role=org:member')).toEqual(['user_1', 'user_2']);
    expect((await page('?limit=4')).members.map(({ role }) => role)).toEqual([
      'org:member',
      'org:member',
      'org:owner',
      'org:owner',
    ]);
    const first = await page('?role=org:owner&limit=1');
    expect(await users(`?role=org:owner&limit=1&cursor=${first.next}`)).toEqual(['user_5']);
  });
});
