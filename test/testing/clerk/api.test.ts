import type { ClerkClient } from '@clerk/backend';
import { createClerkClient } from '@clerk/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedClerkStandIn } from '../../../src/testing/index.ts';
import { serveClerkStandIn } from '../../../src/testing/index.ts';

const client = (served: ServedClerkStandIn, secretKey = served.standIn.secretKey): ClerkClient =>
  createClerkClient({ secretKey, apiUrl: served.url, telemetry: { disabled: true } });

describe('the Backend API, asked by the real SDK', () => {
  let served: ServedClerkStandIn;
  let clerk: ClerkClient;
  beforeEach(async () => {
    served = await serveClerkStandIn();
    clerk = client(served);
  });
  afterEach(() => served.close());

  const seed = () => {
    const { standIn } = served;
    const ada = standIn.createUser({ id: 'user_ada', email: 'ada@example.com', firstName: 'Ada' });
    const bob = standIn.createUser({ id: 'user_bob' });
    const acme = standIn.createOrganization({ id: 'org_acme', slug: 'acme', createdBy: ada.id });
    standIn.addMember(acme.id, bob.id, 'org:member', { publicMetadata: { workspaces: { ws_1: 'VIEWER' } } });
    return { standIn, ada, bob, acme };
  };

  it('names its instance', async () => {
    expect(await clerk.instance.get()).toMatchObject({ id: 'ins_standin', environmentType: 'development' });
  });

  it('refuses a wrong key with 401', async () => {
    const wrong = client(served, 'sk_test_wrong');
    await expect(wrong.instance.get()).rejects.toMatchObject({
      status: 401,
      errors: [{ code: 'clerk_key_invalid' }],
    });
  });

  it('lists the sessions of a user, newest first, and pages', async () => {
    const { standIn, ada, bob } = seed();
    const ids = [1, 2, 3].map(() => standIn.createSession(ada.id).id);
    standIn.createSession(bob.id);
    const all = await clerk.sessions.getSessionList({ userId: ada.id });
    expect(all.totalCount).toBe(3);
    expect(all.data.map((session) => session.id)).toEqual([...ids].reverse());
    const last = await clerk.sessions.getSessionList({ userId: ada.id, limit: 2, offset: 2 });
    expect(last.data.map((session) => session.id)).toEqual(ids.slice(0, 1));
    expect(await clerk.sessions.getSession(ids[0] ?? '')).toMatchObject({ userId: ada.id, status: 'active' });
  });

  it('answers a bare array of sessions without paginated=true', async () => {
    const { standIn, ada } = seed();
    standIn.createSession(ada.id);
    const headers = { authorization: `Bearer ${standIn.secretKey}` };
    const response = await fetch(`${served.url}/v1/sessions?user_id=${ada.id}`, { headers });
    expect(await response.json()).toHaveLength(1);
  });

  it('revokes a session once, tells of it, and remembers who did it and when', async () => {
    const { standIn, ada } = seed();
    const session = standIn.createSession(ada.id);
    expect(await clerk.sessions.revokeSession(session.id)).toMatchObject({
      id: session.id,
      status: 'revoked',
    });
    expect(await clerk.sessions.revokeSession(session.id)).toMatchObject({ status: 'revoked' });
    const { updatedAt: at } = standIn.state.sessions.get(session.id) ?? {};
    expect(standIn.revocations).toEqual([{ sessionId: session.id, userId: ada.id, at, by: 'api' }]);
    expect(standIn.outbox.filter((event) => event.type === 'session.revoked')).toHaveLength(1);
  });

  it('answers 404 resource_not_found for a session it does not know', async () => {
    await expect(clerk.sessions.revokeSession('sess_nobody')).rejects.toMatchObject({
      status: 404,
      errors: [{ code: 'resource_not_found', longMessage: 'No session was found with id sess_nobody.' }],
    });
  });

  it('lists the memberships of the instance, newest first or as asked', async () => {
    const { bob, ada } = seed();
    const newest = await clerk.organizations.getInstanceOrganizationMembershipList({ limit: 500 });
    expect(newest.data.map((member) => member.publicUserData?.userId)).toEqual([bob.id, ada.id]);
    const oldest = await clerk.organizations.getInstanceOrganizationMembershipList({
      orderBy: '+created_at',
      limit: 1,
    });
    expect(oldest).toMatchObject({
      totalCount: 2,
      data: [{ role: 'org:admin', organization: { id: 'org_acme' } }],
    });
    expect(newest.data[0]).toMatchObject({
      role: 'org:member',
      permissions: ['org:sys_memberships:read', 'org:sys_billing:read'],
      publicMetadata: { workspaces: { ws_1: 'VIEWER' } },
      publicUserData: { identifier: 'user_bob@example.com' },
    });
  });

  it('lists the members of an organization, filtered by user; an empty filter is none', async () => {
    const { acme, bob } = seed();
    const list = (userId: string[]) =>
      clerk.organizations.getOrganizationMembershipList({ organizationId: acme.id, userId });
    expect((await list([bob.id])).data.map((member) => member.publicUserData?.userId)).toEqual([bob.id]);
    expect((await list([`-${bob.id}`])).data.map((member) => member.publicUserData?.userId)).toEqual([
      'user_ada',
    ]);
    expect((await list(['user_nobody'])).data).toEqual([]);
    expect((await list([])).data).toHaveLength(2);
    await expect(
      clerk.organizations.getOrganizationMembershipList({ organizationId: 'org_none' }),
    ).rejects.toMatchObject({ status: 404 });
  });

  it('lists the memberships of a user', async () => {
    const { bob } = seed();
    const mine = await clerk.users.getOrganizationMembershipList({ userId: bob.id });
    expect(mine).toMatchObject({ totalCount: 1, data: [{ organization: { slug: 'acme' } }] });
    await expect(clerk.users.getOrganizationMembershipList({ userId: 'user_none' })).rejects.toMatchObject({
      status: 404,
    });
  });

  it('knows users, one and all', async () => {
    const { standIn, ada, bob } = seed();
    standIn.banUser(bob.id);
    expect(await clerk.users.getUser(ada.id)).toMatchObject({ id: ada.id, firstName: 'Ada', banned: false });
    const all = await clerk.users.getUserList({ limit: 1 });
    expect(all).toMatchObject({ totalCount: 2, data: [{ id: bob.id, banned: true }] });
  });

  it('knows organizations by id and slug, and counts members when asked', async () => {
    const { acme } = seed();
    expect(await clerk.organizations.getOrganization({ slug: 'acme' })).toMatchObject({ id: acme.id });
    const counted = await clerk.organizations.getOrganizationList({ includeMembersCount: true });
    expect(counted).toMatchObject({ totalCount: 1, data: [{ id: acme.id, membersCount: 2 }] });
    await expect(clerk.organizations.getOrganization({ organizationId: 'org_no' })).rejects.toMatchObject({
      status: 404,
    });
  });

  it('lists roles with their permissions, one role, permissions and role sets', async () => {
    const { standIn } = seed();
    const role = standIn.defineRole('org:editor', 'Editor', ['org:posts:edit', 'org:sys_memberships:read']);
    const roles = await clerk.organizationRoles.getOrganizationRoleList({ limit: 100 });
    expect(roles.data.map((one) => one.key)).toEqual(['org:editor', 'org:admin', 'org:member']);
    const one = await clerk.organizationRoles.getOrganizationRole(role.id);
    expect(one.permissions.map((permission) => permission.key).sort()).toEqual([
      'org:posts:edit',
      'org:sys_memberships:read',
    ]);
    const permissions = await clerk.organizationPermissions.getOrganizationPermissionList({
      query: '',
      limit: 500,
    });
    expect(permissions.data.map((permission) => permission.key)).toContain('org:posts:edit');
    const sets = await clerk.roleSets.getRoleSetList();
    expect(sets).toMatchObject({ totalCount: 1, data: [{ creatorRole: { key: 'org:admin' } }] });
  });

  it('lists pending invitations', async () => {
    const { standIn, acme, ada } = seed();
    standIn.createInvitation(acme.id, 'eve@example.com', 'org:member', { inviterId: ada.id });
    const found = await clerk.organizations.getOrganizationInvitationList({
      organizationId: acme.id,
      status: ['pending'],
    });
    expect(found).toMatchObject({
      totalCount: 1,
      data: [{ emailAddress: 'eve@example.com', status: 'pending' }],
    });
  });

  it('lists, verifies and revokes API keys, which sessions know nothing of', async () => {
    const { standIn, ada } = seed();
    const key = standIn.createApiKey(ada.id);
    expect((await clerk.apiKeys.list({ subject: ada.id })).data.map((one) => one.id)).toEqual([key.id]);
    expect(await clerk.apiKeys.verify(key.secret)).toMatchObject({ id: key.id, revoked: false });
    await clerk.apiKeys.revoke({ apiKeyId: key.id, revocationReason: 'removed' });
    expect(await clerk.apiKeys.verify(key.secret)).toMatchObject({
      revoked: true,
      revocationReason: 'removed',
    });
    expect((await clerk.apiKeys.list({ subject: ada.id })).data).toEqual([]);
  });

  it('gives a session its token', async () => {
    const { standIn, ada } = seed();
    const session = standIn.createSession(ada.id);
    const { jwt } = await clerk.sessions.getToken(session.id);
    expect(jwt.split('.')).toHaveLength(3);
  });

  it('counts every call by its route', async () => {
    await clerk.instance.get();
    await clerk.sessions.revokeSession('sess_nobody').catch(() => undefined);
    await clerk.instance.get();
    expect(served.standIn.calls.byRoute()).toEqual({
      'GET /v1/instance': 2,
      'POST /v1/sessions/:id/revoke': 1,
    });
    expect(served.standIn.calls.log.map((call) => call.status)).toEqual([200, 404, 200]);
  });

  it('answers with exactly application/json and a date', async () => {
    const response = await fetch(`${served.url}/v1/nowhere`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(5_000);
  });

  it('refuses limits beyond 500', async () => {
    seed();
    await expect(clerk.users.getUserList({ limit: 501 })).rejects.toMatchObject({ status: 422 });
  });
});
