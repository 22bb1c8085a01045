import * as v from 'valibot';
import { maybe, metadata, text, type Verb, verb } from './verbs.ts';

const userDetails = {
  email: maybe(text),
  firstName: maybe(text),
  lastName: maybe(text),
  username: maybe(text),
  publicMetadata: maybe(metadata),
  privateMetadata: maybe(metadata),
  unsafeMetadata: maybe(metadata),
};
const user = v.object({ userId: text });
const session = v.object({ sessionId: text });
const member = { organizationId: text, userId: text };
const details = { publicMetadata: maybe(metadata), privateMetadata: maybe(metadata) };
const membershipEvents = maybe(v.boolean());
const permissions = v.array(text);

/** The instance's own changes, over HTTP. */
export const changeVerbs: Readonly<Record<string, Verb>> = {
  createUser: verb(v.object({ id: maybe(text), ...userDetails }), (s, a) => s.createUser(a)),
  updateUser: verb(v.object({ userId: text, ...userDetails }), (s, { userId, ...a }) =>
    s.updateUser(userId, a),
  ),
  banUser: verb(user, (s, a) => s.banUser(a.userId)),
  unbanUser: verb(user, (s, a) => s.unbanUser(a.userId)),
  deprovisionUser: verb(v.object({ userId: text, deprovisioned: v.optional(v.boolean(), true) }), (s, a) =>
    s.deprovisionUser(a.userId, a.deprovisioned),
  ),
  changePassword: verb(
    v.object({ userId: text, signOutOfOtherSessions: maybe(v.boolean()) }),
    (s, { userId, ...a }) => s.changePassword(userId, a),
  ),
  deleteUser: verb(v.object({ userId: text, membershipEvents }), (s, { userId, ...a }) =>
    s.deleteUser(userId, a),
  ),

  createOrganization: verb(
    v.object({ id: maybe(text), name: maybe(text), slug: maybe(text), createdBy: maybe(text), ...details }),
    (s, a) => s.createOrganization(a),
  ),
  updateOrganization: verb(
    v.object({ organizationId: text, name: maybe(text), slug: maybe(text) }),
    (s, { organizationId, ...a }) => s.updateOrganization(organizationId, a),
  ),
  updateOrganizationMetadata: verb(v.object({ organizationId: text, publicMetadata: metadata }), (s, a) =>
    s.updateOrganizationMetadata(a.organizationId, a.publicMetadata),
  ),
  deleteOrganization: verb(
    v.object({ organizationId: text, membershipEvents }),
    (s, { organizationId, ...a }) => s.deleteOrganization(organizationId, a),
  ),

  addMember: verb(
    v.object({ ...member, role: text, ...details }),
    (s, { organizationId, userId, role, ...a }) => s.addMember(organizationId, userId, role, a),
  ),
  changeRole: verb(v.object({ ...member, role: text }), (s, a) =>
    s.changeRole(a.organizationId, a.userId, a.role),
  ),
  updateMembershipMetadata: verb(v.object({ ...member, publicMetadata: metadata }), (s, a) =>
    s.updateMembershipMetadata(a.organizationId, a.userId, a.publicMetadata),
  ),
  removeMember: verb(v.object(member), (s, a) => s.removeMember(a.organizationId, a.userId)),

  createPermission: verb(v.object({ key: text, name: maybe(text) }), (s, a) =>
    s.createPermission(a.key, a.name),
  ),
  deletePermission: verb(v.object({ key: text, alsoRoles: maybe(v.boolean()) }), (s, { key, ...a }) =>
    s.deletePermission(key, a),
  ),
  defineRole: verb(v.object({ key: text, name: text, permissions }), (s, a) =>
    s.defineRole(a.key, a.name, a.permissions),
  ),
  changeRolePermissions: verb(v.object({ key: text, permissions }), (s, a) =>
    s.changeRolePermissions(a.key, a.permissions),
  ),
  renameRole: verb(v.object({ key: text, to: text }), (s, a) => s.renameRole(a.key, a.to)),
  deleteRole: verb(v.object({ key: text, force: maybe(v.boolean()) }), (s, { key, ...a }) =>
    s.deleteRole(key, a),
  ),

  createSession: verb(
    v.object({
      userId: text,
      id: maybe(text),
      organizationId: maybe(text),
      status: maybe(v.picklist(['active', 'pending'])),
      lifetimeMs: maybe(v.number()),
    }),
    (s, { userId, ...a }) => s.createSession(userId, a),
  ),
  endSession: verb(session, (s, a) => s.endSession(a.sessionId)),
  removeSession: verb(session, (s, a) => s.removeSession(a.sessionId)),
  revokeSession: verb(session, (s, a) => s.revokeSession(a.sessionId)),

  createInvitation: verb(
    v.object({ organizationId: text, email: text, role: text, inviterId: maybe(text), ...details }),
    (s, { organizationId, email, role, ...a }) => s.createInvitation(organizationId, email, role, a),
  ),
  acceptInvitation: verb(v.object({ invitationId: text, userId: text }), (s, a) =>
    s.acceptInvitation(a.invitationId, a.userId),
  ),
  revokeInvitation: verb(v.object({ invitationId: text }), (s, a) => s.revokeInvitation(a.invitationId)),

  createApiKey: verb(
    v.object({ subject: text, name: maybe(text), lifetimeMs: maybe(v.number()) }),
    (s, { subject, ...a }) => s.createApiKey(subject, a),
  ),
  revokeApiKey: verb(v.object({ apiKeyId: text, reason: v.optional(v.nullable(text), null) }), (s, a) =>
    s.revokeApiKey(a.apiKeyId, a.reason),
  ),
};
