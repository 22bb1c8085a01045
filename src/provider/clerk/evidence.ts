import type * as v from 'valibot';
import type {
  Evidence,
  MembershipSnapshot,
  RoleSnapshot,
  Told,
  UserSnapshot,
} from '../../domain/evidence.ts';
import type * as shapes from './shapes.ts';

/** Clerk's objects as evidence. `at` is the envelope's timestamp, or when the answer was asked for. */

export function membershipSnapshot(
  data: v.InferOutput<typeof shapes.membership>,
  told: Told,
  at: number,
): MembershipSnapshot {
  const { banned, deprovisioned } = data.public_user_data;
  return {
    kind: 'membership',
    told,
    id: data.id,
    organizationId: data.organization.id,
    userId: data.public_user_data.user_id,
    role: data.role,
    permissions: data.permissions ?? null,
    createdAt: data.created_at,
    version: { updatedAt: data.updated_at, at },
    userSuspended: banned == null && deprovisioned == null ? null : banned === true || deprovisioned === true,
  };
}

export function membershipDeleted(
  data: v.InferOutput<typeof shapes.deletedMembership>,
  at: number,
): Evidence {
  const { created_at: createdAt, organization, public_user_data: person } = data;
  const identity =
    createdAt == null || organization == null || person == null
      ? null
      : { organizationId: organization.id, userId: person.user_id, createdAt };
  return { kind: 'membership-deleted', id: data.id, identity, at };
}

export function userSnapshot(data: v.InferOutput<typeof shapes.user>, told: Told, at: number): UserSnapshot {
  return {
    kind: 'user',
    told,
    id: data.id,
    version: { updatedAt: data.updated_at, at },
    suspended: data.banned === true || data.deprovisioned === true,
    passwordChangedAt: data.password_last_updated_at ?? null,
  };
}

export function roleSnapshot(data: v.InferOutput<typeof shapes.role>, told: Told, at: number): RoleSnapshot {
  return {
    kind: 'role',
    told,
    id: data.id,
    key: data.key,
    name: data.name ?? '',
    description: data.description ?? '',
    permissions: data.permissions.map(({ id, key, created_at: createdAt }) => ({ id, key, createdAt })),
    createdAt: data.created_at,
    version: { updatedAt: data.updated_at, at },
  };
}
