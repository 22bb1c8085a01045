import { invalid } from '../errors.ts';
import type { Membership, Metadata } from '../model.ts';
import { membershipJson } from '../shapes/membership.ts';
import type { Change, World } from '../world.ts';
import { membershipIn, membershipOf, organizationOf, roleOf, userOf } from './find.ts';

export interface MemberDetails {
  readonly publicMetadata?: Metadata;
  readonly privateMetadata?: Metadata;
}

/** A new joining is a new membership id, also for someone who was a member before. */
export const join = (
  world: World,
  change: Change,
  organizationId: string,
  userId: string,
  role: string,
  details: MemberDetails,
): Membership => {
  const { state } = world;
  const membership: Membership = {
    id: world.newId('orgmem'),
    organizationId,
    userId,
    role,
    publicMetadata: structuredClone(details.publicMetadata ?? {}),
    privateMetadata: structuredClone(details.privateMetadata ?? {}),
    createdAt: change.at,
    updatedAt: change.at,
  };
  change.write({ table: 'memberships', id: membership.id, value: membership });
  const data = membershipJson(
    state,
    membership,
    organizationOf(state, organizationId),
    userOf(state, userId),
  );
  change.emit('organizationMembership.created', data);
  return membership;
};

/** The whole membership is told, and its `updated_at` stays what it was: only the envelope knows when it ended. */
export const leave = (world: World, change: Change, membership: Membership, tell: boolean): void => {
  const { state } = world;
  const organization = organizationOf(state, membership.organizationId);
  const data = membershipJson(state, membership, organization, userOf(state, membership.userId));
  change.write({ table: 'memberships', id: membership.id, value: null });
  for (const session of [...state.sessions.values()]) {
    if (session.userId !== membership.userId || session.organizationId !== membership.organizationId)
      continue;
    change.write({ table: 'sessions', id: session.id, value: { ...session, organizationId: null } });
  }
  if (tell) change.emit('organizationMembership.deleted', data);
};

export const memberChanges = (world: World) => {
  const { state } = world;

  const update = (what: string, before: Membership, after: Partial<Membership>): Membership =>
    world.change(what, { organization: before.organizationId, user: before.userId }, (change) => {
      const value: Membership = { ...before, ...after, updatedAt: change.at };
      change.write({ table: 'memberships', id: value.id, value });
      const organization = organizationOf(state, value.organizationId);
      const data = membershipJson(state, value, organization, userOf(state, value.userId));
      change.emit('organizationMembership.updated', data);
      return value;
    });

  return {
    addMember(organizationId: string, userId: string, role: string, details: MemberDetails = {}): Membership {
      const organization = organizationOf(state, organizationId);
      userOf(state, userId);
      const { key } = roleOf(state, role);
      if (membershipIn(state, organization.id, userId)) {
        throw invalid('already_a_member_in_organization', 'The user is already a member of the organization');
      }
      return world.change('addMember', { organization: organization.id, user: userId, role: key }, (change) =>
        join(world, change, organization.id, userId, key, details),
      );
    },

    changeRole: (organizationId: string, userId: string, role: string): Membership =>
      update('changeRole', membershipOf(state, organizationId, userId), { role: roleOf(state, role).key }),

    /** Replaces it; Clerk's own endpoint merges. */
    updateMembershipMetadata: (
      organizationId: string,
      userId: string,
      publicMetadata: Metadata,
    ): Membership =>
      update('updateMembershipMetadata', membershipOf(state, organizationId, userId), {
        publicMetadata: structuredClone(publicMetadata),
      }),

    removeMember(organizationId: string, userId: string): void {
      const membership = membershipOf(state, organizationId, userId);
      world.change('removeMember', { organization: organizationId, user: userId }, (change) =>
        leave(world, change, membership, true),
      );
    },
  };
};
