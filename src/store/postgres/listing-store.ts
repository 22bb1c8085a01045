import * as v from 'valibot';
import { isUserId, type UserId } from '../../domain/ids.ts';
import type { ListingStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';
import { policyDocument } from './policy-rows.ts';
import { rolesOf, scopedRolesOf } from './standing.ts';

const userId = v.custom<UserId>(isUserId);
const text = v.nullable(v.string());
const time = v.nullable(v.number());
const scoped = v.record(v.string(), v.record(v.string(), v.string()));
const revision = v.number();

const members = v.object({
  revision,
  members: v.array(v.object({ userId, role: v.string(), scoped, since: time, suspended: v.boolean() })),
  next: v.nullable(userId),
});

const invitations = v.object({
  revision,
  more: v.boolean(),
  invitations: v.array(
    v.object({
      id: v.string(),
      email: text,
      role: v.string(),
      scoped,
      inviterId: v.nullable(userId),
      inviterRole: text,
      inviterIsMember: v.boolean(),
      status: v.picklist(['pending', 'accepted', 'revoked', 'expired']),
      createdAt: v.number(),
      expiresAt: time,
      mayNotInvite: v.boolean(),
    }),
  ),
});

const seats = v.object({
  revision,
  roles: v.array(v.object({ role: v.string(), members: v.number() })),
  rules: v.nullable(policyDocument.entries.seats),
});

const provided = v.array(
  v.object({
    key: v.string(),
    title: v.string(),
    description: v.string(),
    permissions: v.array(v.string()),
  }),
);

const roles = v.object({
  policy: v.nullable(v.object({ version: v.number(), document: policyDocument })),
  provided,
});

const assignment = v.object({
  revision,
  policy: v.nullable(policyDocument),
  provided,
  people: v.array(v.object({ userId, suspended: v.boolean(), contested: v.boolean(), held: v.array(text) })),
});

const findings = v.array(
  v.object({
    kind: v.string(),
    userId: v.nullable(userId),
    role: text,
    detail: v.record(v.string(), v.unknown()),
    foundAt: time,
  }),
);

export function postgresListingStore(statements: Statements): ListingStore {
  return {
    async listMembers(wanted) {
      const page = checked(members, await statements.call('list_members', wanted));
      const rows = page.members.map(({ scoped, ...member }) => ({
        ...member,
        roles: rolesOf(member.role, scoped),
      }));
      return { ...page, members: rows };
    },

    async listInvitations(wanted) {
      const read = checked(invitations, await statements.call('list_invitations', wanted));
      const last = read.more ? read.invitations.at(-1) : undefined;
      return {
        revision: read.revision,
        invitations: read.invitations.map(({ scoped, ...invitation }) => ({
          ...invitation,
          scopes: scopedRolesOf(scoped),
        })),
        next: last === undefined ? null : { createdAt: last.createdAt, id: last.id },
      };
    },

    async countPendingInvitations(wanted) {
      return checked(v.number(), await statements.call('count_pending_invitations', wanted));
    },

    async countSeats(organizationId) {
      return checked(seats, await statements.call('count_seats', { organizationId }));
    },

    async readRoles() {
      return checked(roles, await statements.call('read_roles', {}));
    },

    async readAssignment(wanted) {
      const read = checked(assignment, await statements.call('read_assignment', wanted));
      return { ...read, people: new Map(read.people.map(({ userId, ...held }) => [userId, held])) };
    },

    async listFindings(wanted) {
      return checked(findings, await statements.call('list_findings', wanted));
    },
  };
}
