import type { OwedEffect } from '../../../src/domain/effects.ts';
import type {
  Evidence,
  MembershipSnapshot,
  OrganizationMetadata,
  OrganizationSnapshot,
  RoleSnapshot,
  Told,
  UserSnapshot,
} from '../../../src/domain/evidence.ts';
import { ORGANIZATIONS, USERS } from './commands.ts';
import {
  type Membership,
  membershipOf,
  type Organization,
  organizationId,
  permissionsOf,
  type Role,
  type User,
  userId,
  type World,
} from './world.ts';

export function userTold(user: User, told: Told, at: number): UserSnapshot {
  const { id, suspended, passwordChangedAt, updatedAt } = user;
  return { kind: 'user', told, id, suspended, passwordChangedAt, version: { updatedAt, at } };
}

export function roleTold(world: World, role: Role, told: Told, at: number): RoleSnapshot {
  return {
    kind: 'role',
    told,
    id: role.id,
    key: role.key,
    name: role.key,
    description: '',
    permissions: role.permissions
      .map((id) => world.permissions.get(id))
      .filter((found) => found !== undefined),
    createdAt: role.createdAt,
    version: { updatedAt: role.updatedAt, at },
  };
}

export function membershipOfTold(
  world: World,
  membership: Membership,
  told: Told,
  at: number,
  lists: boolean,
): MembershipSnapshot {
  const { id, organizationId, userId, roleId, workspaces, createdAt, updatedAt } = membership;
  const organization = world.organizations.get(organizationId);
  return {
    kind: 'membership',
    told,
    id,
    organizationId,
    userId,
    role: world.roles.get(roleId)?.key ?? 'none',
    scoped: Object.keys(workspaces).length === 0 ? {} : { workspace: workspaces },
    flaws: [],
    organization: organization === undefined ? null : metadataOf(organization),
    permissions: lists ? permissionsOf(world, roleId) : null,
    createdAt,
    version: { updatedAt, at },
    userSuspended: lists ? (world.users.get(userId)?.suspended ?? null) : null,
  };
}

/** What the provider answers when it is asked, from the world as it is when the question reaches it. */
export function answer(world: World, question: OwedEffect, at: number, lists: boolean): Evidence[] {
  switch (question.kind) {
    case 'lookup_member': {
      const { organizationId, userId } = question;
      const membership = membershipOf(world, organizationId, userId);
      return membership === undefined
        ? [{ kind: 'membership-absent', organizationId, userId, at }]
        : [membershipOfTold(world, membership, 'observed', at, lists)];
    }
    case 'lookup_user': {
      const user = world.users.get(question.userId);
      return user === undefined
        ? [{ kind: 'user-deleted', id: question.userId, at }]
        : [userTold(user, 'observed', at)];
    }
    case 'lookup_roles':
      return [...world.roles.values()].map((role) => roleTold(world, role, 'observed', at));
    case 'lookup_organization': {
      const organization = world.organizations.get(question.organizationId);
      return organization === undefined ? [] : [organizationTold(organization, 'observed', at)];
    }
    case 'revoke_sessions':
    case 'revoke_holders':
    case 'check_constraints':
      return [];
  }
}

export function organizationTold(organization: Organization, told: Told, at: number): OrganizationSnapshot {
  const { id, name, updatedAt } = organization;
  const metadata = metadataOf(organization);
  return { kind: 'organization', told, id, name, metadata, version: { updatedAt, at } };
}

function metadataOf({ features, updatedAt }: Organization): OrganizationMetadata {
  return { updatedAt, features, agents: {}, flaws: [] };
}

/** Organizations and sessions, as they are all at once. */
export function observation(world: World, at: number): Evidence[] {
  const organizations = ORGANIZATIONS.map((name): Evidence => {
    const found = world.organizations.get(name);
    return found === undefined
      ? { kind: 'organization-deleted', id: organizationId(name), at }
      : organizationTold(found, 'observed', at);
  });
  const ended = [...world.sessions.values()].filter((session) => session.ended);
  return [
    ...organizations,
    ...ended.map(({ id, userId }): Evidence => ({ kind: 'session-ended', id, userId, at })),
  ];
}

export function questionsAboutAll(): OwedEffect[] {
  const users = USERS.map(userId);
  return [
    { kind: 'lookup_roles' },
    ...users.map((user): OwedEffect => ({ kind: 'lookup_user', userId: user })),
    ...users.flatMap((user) =>
      ORGANIZATIONS.map(
        (name): OwedEffect => ({ kind: 'lookup_member', organizationId: organizationId(name), userId: user }),
      ),
    ),
  ];
}
