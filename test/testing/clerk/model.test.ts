import { describe, expect, it } from 'vitest';
import { type ClerkStandIn, createClerkStandIn } from '../../../src/testing/index.ts';

const scene = (options: Parameters<typeof createClerkStandIn>[0] = {}) => {
  const standIn = createClerkStandIn(options);
  const { id: user } = standIn.createUser({ id: 'user_ada' });
  const { id: organization } = standIn.createOrganization({ id: 'org_acme', slug: 'acme' });
  return { standIn, user, organization };
};
const types = (standIn: ClerkStandIn) => standIn.outbox.map((event) => event.type);
const last = (standIn: ClerkStandIn) => {
  const event = standIn.outbox.at(-1);
  if (event === undefined) throw new Error('no event');
  return event;
};

describe('the model', () => {
  it('gives every change a later time than all before it, also while the clock stands still or goes back', () => {
    let now = 1_000_000;
    const { standIn, user, organization } = scene({ now: () => now });
    standIn.addMember(organization, user, 'org:member');
    now -= 5_000;
    standIn.changeRole(organization, user, 'org:admin');
    const times = standIn.history.map((entry) => entry.at);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  it('answers with a date no earlier than what it tells of', async () => {
    const { standIn, user } = scene({ now: () => 1_000_000 });
    for (let i = 0; i < 2_000; i += 1) standIn.updateUser(user, {});
    const headers = { authorization: `Bearer ${standIn.secretKey}` };
    const response = await standIn.fetch(new Request(`http://clerk.test/v1/users/${user}`, { headers }));
    const { updatedAt } = standIn.state.users.get(user) ?? { updatedAt: 0 };
    expect(response.headers.get('date')).toBe(new Date(updatedAt).toUTCString());
  });

  it('lets two changes share one instant when asked', () => {
    const { standIn, user, organization } = scene();
    standIn.addMember(organization, user, 'org:member');
    standIn.sameInstant(() => {
      standIn.changeRole(organization, user, 'org:admin');
      standIn.changeRole(organization, user, 'org:member');
    });
    const [one, two] = standIn.outbox.slice(-2).map((event) => event.payload);
    expect(one?.timestamp).toBe(two?.timestamp);
    expect(one?.data['updated_at']).toBe(two?.data['updated_at']);
    expect(one?.data['role']).not.toBe(two?.data['role']);
  });

  it('knows the truth at any time from its history', () => {
    const { standIn, user, organization } = scene();
    const joined = standIn.addMember(organization, user, 'org:member');
    const promoted = standIn.changeRole(organization, user, 'org:admin');
    standIn.removeMember(organization, user);
    const roleAt = (time: number) => standIn.accessAt(time).map((access) => access.role);
    expect(roleAt(joined.createdAt - 1)).toEqual([]);
    expect(roleAt(joined.createdAt)).toEqual(['org:member']);
    expect(roleAt(promoted.updatedAt)).toEqual(['org:admin']);
    expect(standIn.access()).toEqual([]);
    expect(standIn.stateAt(Number.POSITIVE_INFINITY)).toEqual(standIn.state);
  });

  it('starts with the two roles and the system permissions, and tells nobody', () => {
    const standIn = createClerkStandIn();
    expect([...standIn.state.roles.values()].map((role) => role.key)).toEqual(['org:member', 'org:admin']);
    expect(standIn.outbox).toEqual([]);
  });

  it('tells a membership whole, with the envelope Clerk sends', () => {
    const { standIn, user, organization } = scene({ instanceId: 'ins_here' });
    const membership = standIn.addMember(organization, user, 'org:member', { publicMetadata: { desk: 4 } });
    expect(JSON.parse(last(standIn).body)).toMatchObject({
      object: 'event',
      type: 'organizationMembership.created',
      timestamp: membership.createdAt,
      instance_id: 'ins_here',
      event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'clerk-stand-in' } },
      data: {
        object: 'organization_membership',
        id: membership.id,
        role: 'org:member',
        role_name: 'Member',
        permissions: ['org:sys_memberships:read', 'org:sys_billing:read'],
        public_metadata: { desk: 4 },
        organization: { object: 'organization', id: organization, slug: 'acme' },
        public_user_data: { user_id: user, banned: false, deprovisioned: false },
        created_at: membership.createdAt,
        updated_at: membership.createdAt,
      },
    });
  });

  it('does not bump updated_at on delete: only the envelope knows when it was', () => {
    const { standIn, user, organization } = scene();
    const membership = standIn.addMember(organization, user, 'org:member');
    standIn.removeMember(organization, user);
    const { type, timestamp, data } = last(standIn).payload;
    expect(type).toBe('organizationMembership.deleted');
    expect(data).toMatchObject({ id: membership.id, role: 'org:member', updated_at: membership.updatedAt });
    expect(timestamp).toBeGreaterThan(membership.updatedAt);
  });

  it('gives whoever joins again a new membership id', () => {
    const { standIn, user, organization } = scene();
    const first = standIn.addMember(organization, user, 'org:member');
    expect(() => standIn.addMember(organization, user, 'org:member')).toThrow('already a member');
    standIn.removeMember(organization, user);
    expect(standIn.addMember(organization, user, 'org:member').id).not.toBe(first.id);
  });

  it('tells a changed role by role.updated alone, however many hold it', () => {
    const { standIn, user, organization } = scene();
    standIn.defineRole('org:editor', 'Editor', ['org:posts:edit', 'org:posts:read']);
    standIn.addMember(organization, user, 'org:editor');
    const before = standIn.outbox.length;
    standIn.changeRolePermissions('org:editor', ['org:posts:read']);
    expect(types(standIn).slice(before)).toEqual(['role.updated']);
    expect(standIn.access()).toMatchObject([{ permissions: ['org:posts:read'] }]);
  });

  it('tells of a role with a new key, and not of those who hold it', () => {
    const { standIn, user, organization } = scene();
    const { id } = standIn.defineRole('org:editor', 'Editor', ['org:posts:edit']);
    standIn.addMember(organization, user, 'org:editor');
    const before = standIn.outbox.length;
    standIn.renameRole('org:editor', 'org:writer');
    expect(types(standIn).slice(before)).toEqual(['role.updated']);
    expect(last(standIn).payload.data).toMatchObject({ id, key: 'org:writer' });
    expect(standIn.access()).toMatchObject([{ role: 'org:writer', permissions: ['org:posts:edit'] }]);
    expect(() => standIn.renameRole('org:writer', 'org:admin')).toThrow('taken');
  });

  it('refuses to delete a role that is held, and gives a reused key a new id', () => {
    const { standIn, user, organization } = scene();
    const first = standIn.defineRole('org:editor', 'Editor', ['org:posts:edit']);
    standIn.addMember(organization, user, 'org:editor');
    expect(() => standIn.deleteRole('org:editor')).toThrow('in use');
    standIn.changeRole(organization, user, 'org:member');
    standIn.deleteRole('org:editor');
    expect(last(standIn).payload.data).toEqual({ object: 'role', id: first.id, deleted: true });
    expect(standIn.defineRole('org:editor', 'Editor', ['org:posts:read']).id).not.toBe(first.id);
  });

  it('takes a deleted permission out of the roles, and tells of them only when asked', () => {
    const { standIn } = scene();
    standIn.defineRole('org:editor', 'Editor', ['org:posts:edit', 'org:posts:read']);
    const permission = [...standIn.state.permissions.values()].find((one) => one.key === 'org:posts:edit');
    standIn.deletePermission('org:posts:edit');
    expect(last(standIn).payload).toMatchObject({
      type: 'permission.deleted',
      data: { object: 'permission', id: permission?.id, deleted: true },
    });
    standIn.deletePermission('org:posts:read', { alsoRoles: true });
    expect(last(standIn).payload).toMatchObject({ type: 'role.updated', data: { permissions: [] } });
    expect(() => standIn.deletePermission('org:sys_profile:manage')).toThrow('System permissions');
  });

  it.each([false, true])('deletes users and organizations with membership events: %s', (membershipEvents) => {
    const { standIn, user, organization } = scene({ membershipEventsOnDelete: membershipEvents });
    const bob = standIn.createUser();
    standIn.addMember(organization, user, 'org:member');
    standIn.addMember(organization, bob.id, 'org:member');
    const before = standIn.outbox.length;
    standIn.deleteUser(user);
    standIn.deleteOrganization(organization);
    const told = membershipEvents ? ['organizationMembership.deleted'] : [];
    expect(types(standIn).slice(before)).toEqual([...told, 'user.deleted', ...told, 'organization.deleted']);
    expect(last(standIn).payload.data).toEqual({
      object: 'organization',
      id: organization,
      slug: 'acme',
      deleted: true,
    });
    expect(standIn.access()).toEqual([]);
  });

  it('suspends the banned and the deprovisioned, and ends the sessions of the banned', () => {
    const { standIn, user, organization } = scene();
    standIn.addMember(organization, user, 'org:admin');
    const session = standIn.createSession(user, { organizationId: organization });
    standIn.banUser(user);
    expect(types(standIn).slice(-2)).toEqual(['session.revoked', 'user.updated']);
    expect(standIn.state.sessions.get(session.id)?.status).toBe('revoked');
    expect(standIn.access()).toMatchObject([{ suspended: true, permissions: [] }]);
    standIn.unbanUser(user);
    expect(standIn.access()[0]?.permissions).toContain('org:sys_profile:manage');
    standIn.deprovisionUser(user);
    expect(last(standIn).payload.data).toMatchObject({ deprovisioned: true, banned: false });
    expect(standIn.access()).toMatchObject([{ suspended: true }]);
  });

  it('moves password_last_updated_at when the password changes', () => {
    const { standIn, user } = scene();
    const kept = standIn.createSession(user);
    const changed = standIn.changePassword(user);
    expect(last(standIn).payload.data).toMatchObject({ password_last_updated_at: changed.updatedAt });
    expect(standIn.state.sessions.get(kept.id)?.status).toBe('active');
    standIn.changePassword(user, { signOutOfOtherSessions: true });
    expect(standIn.state.sessions.get(kept.id)?.status).toBe('revoked');
  });

  it('tells of sessions with their user, and each way of ending one by its own type', () => {
    const { standIn, user } = scene();
    const open = () => standIn.createSession(user).id;
    standIn.endSession(open());
    standIn.removeSession(open());
    standIn.revokeSession(open());
    standIn.createSession(user, { status: 'pending' });
    expect(types(standIn).filter((type) => type.startsWith('session.'))).toEqual([
      'session.created',
      'session.ended',
      'session.created',
      'session.removed',
      'session.created',
      'session.revoked',
      'session.pending',
    ]);
    expect(last(standIn).payload.data).toMatchObject({
      object: 'session',
      user_id: user,
      user: { id: user },
    });
    expect(standIn.revocations).toMatchObject([{ userId: user, by: 'change' }]);
  });

  it('makes a member of whoever accepts, with the metadata of the invitation', () => {
    const { standIn, user, organization } = scene();
    const invitation = standIn.createInvitation(organization, 'ada@example.com', 'org:admin', {
      publicMetadata: { workspaces: { ws_1: 'EDITOR' } },
    });
    const membership = standIn.acceptInvitation(invitation.id, user);
    expect(membership).toMatchObject({
      role: 'org:admin',
      publicMetadata: { workspaces: { ws_1: 'EDITOR' } },
    });
    expect(types(standIn).slice(-3)).toEqual([
      'organizationInvitation.created',
      'organizationInvitation.accepted',
      'organizationMembership.created',
    ]);
    expect(() => standIn.revokeInvitation(invitation.id)).toThrow('accepted');
  });

  it('keeps metadata apart from the object it was given', () => {
    const { standIn, user, organization } = scene();
    const metadata = { features: ['chat'] };
    standIn.updateOrganizationMetadata(organization, metadata);
    metadata.features.push('voice');
    expect(standIn.state.organizations.get(organization)?.publicMetadata).toEqual({ features: ['chat'] });
    standIn.addMember(organization, user, 'org:member');
    standIn.updateMembershipMetadata(organization, user, { desk: 1 });
    expect(last(standIn).payload).toMatchObject({
      type: 'organizationMembership.updated',
      data: { public_metadata: { desk: 1 } },
    });
  });

  it('comes back from its journal as it was, and goes on later than it stopped', () => {
    const journal: string[] = [];
    const now = () => 1_000_000;
    const first = scene({ onChange: (entry) => void journal.push(JSON.stringify(entry)), now });
    first.standIn.addMember(first.organization, first.user, 'org:member');
    const second = createClerkStandIn({ restore: journal.map((line): unknown => JSON.parse(line)), now });
    expect(second.state).toEqual(first.standIn.state);
    expect(second.history).toEqual(first.standIn.history);
    const before = first.standIn.history.at(-1)?.at ?? 0;
    expect(second.changeRole(first.organization, first.user, 'org:admin').updatedAt).toBeGreaterThan(before);
  });

  it('makes the same ids from the same seed', () => {
    const ids = () => createClerkStandIn({ seed: 7 }).createUser().id;
    expect(ids()).toBe(ids());
    expect(createClerkStandIn().createUser().id).not.toBe(ids());
  });

  it('refuses what is not there, and leaves no trace of having been asked', () => {
    const { standIn, organization } = scene();
    const before = standIn.history.length;
    expect(() => standIn.addMember(organization, 'user_none', 'org:member')).toThrow('not found');
    expect(() => standIn.addMember(organization, 'user_ada', 'org:none')).toThrow('not a role');
    expect(() => standIn.changeRole(organization, 'user_ada', 'org:admin')).toThrow('not found');
    expect(standIn.history).toHaveLength(before);
  });
});
