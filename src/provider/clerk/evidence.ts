import type * as v from 'valibot';
import type {
  Evidence,
  InvitationSnapshot,
  MembershipSnapshot,
  OrganizationSnapshot,
  RoleSnapshot,
  Told,
  UserSnapshot,
} from '../../domain/evidence.ts';
import { membershipMetadata, organizationMetadata } from './metadata.ts';
import type * as shapes from './shapes.ts';

/** Clerk's objects as evidence. `at` is the envelope's timestamp, or when the answer was asked for. */

export function membershipSnapshot(
  data: v.InferOutput<typeof shapes.membership>,
  told: Told,
  at: number,
): MembershipSnapshot {
  const { banned, deprovisioned } = data.public_user_data;
  const { updated_at: organizationUpdatedAt, public_metadata: ofOrganization } = data.organization;
  return {
    kind: 'membership',
    told,
    id: data.id,
    organizationId: data.organization.id,
    userId: data.public_user_data.user_id,
    role: data.role,
    ...membershipMetadata(data.public_metadata),
    permissions: data.permissions ?? null,
    createdAt: data.created_at,
    version: { updatedAt: data.updated_at, at },
    userSuspended: banned == null && deprovisioned == null ? null : banned === true || deprovisioned === true,
    organization:
      organizationUpdatedAt == null || ofOrganization == null
        ? null
        : organizationMetadata(ofOrganization, organizationUpdatedAt),
  };
}

export function organizationSnapshot(
  data: v.InferOutput<typeof shapes.organization>,
  told: Told,
  at: number,
): OrganizationSnapshot {
  const { id, name, updated_at: updatedAt } = data;
  const metadata = organizationMetadata(data.public_metadata, updatedAt);
  return { kind: 'organization', told, id, name, metadata, version: { updatedAt, at } };
}

/** @param ended what the event says by its type; a snapshot's own status counts where it says none. */
export function invitationSnapshot(
  data: v.InferOutput<typeof shapes.invitation>,
  ended: 'accepted' | 'revoked' | null,
  at: number,
): InvitationSnapshot {
  return {
    kind: 'invitation',
    id: data.id,
    organizationId: data.organization_id,
    email: data.email_address ?? null,
    role: data.role,
    scoped: membershipMetadata(data.public_metadata).scoped,
    inviterId: data.inviter_id ?? null,
    status: ended ?? data.status ?? 'pending',
    createdAt: data.created_at,
    expiresAt: data.expires_at ?? null,
    version: { updatedAt: data.updated_at, at },
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
