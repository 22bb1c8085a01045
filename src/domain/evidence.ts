import type { InvitationStatus, ScopedRoles } from './facts.ts';
import type { MembershipId, OrganizationId, UserId } from './ids.ts';
import type { Version } from './version.ts';

/**
 * What a delivery or an answer of the provider says, parsed. All times are milliseconds of the provider's clock.
 * `told` says how a snapshot was learnt: by a `*.created` event, an `*.updated` event, or by asking (`observed`).
 */
export type Evidence =
  | MembershipSnapshot
  | MembershipDeleted
  | MembershipAbsent
  | UserSnapshot
  | UserDeleted
  | OrganizationSnapshot
  | OrganizationDeleted
  | RoleSnapshot
  | RoleDeleted
  | PermissionSnapshot
  | PermissionDeleted
  | InvitationSnapshot
  | SessionStarted
  | SessionEnded;

export type Told = 'created' | 'updated' | 'observed';

/** The ones that can be learnt by asking, which is what the provider has lists of. */
export type Snapshot = Extract<Evidence, { readonly told: Told }>;

export interface MembershipSnapshot {
  readonly kind: 'membership';
  readonly told: Told;
  readonly id: MembershipId;
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly role: string;
  readonly scoped: ScopedRoles;
  readonly flaws: readonly string[];
  /** The role's permissions as the membership lists them; null when the list is missing. */
  readonly permissions: readonly string[] | null;
  readonly createdAt: number;
  readonly version: Version;
  /** What the membership says of the user's suspension; null when it says nothing. Never applied (rule 7). */
  readonly userSuspended: boolean | null;
  /** What it says of the organization; null when that is nothing of ours. Never applied. */
  readonly organization: OrganizationMetadata | null;
}

/** What an organization's public metadata says that we read. */
export interface OrganizationMetadata {
  /** Milliseconds: the organization's own time of its last change. */
  readonly updatedAt: number;
  readonly features: readonly string[];
  readonly agents: Readonly<Record<string, readonly string[]>>;
  readonly flaws: readonly string[];
}

export interface MembershipDeleted {
  readonly kind: 'membership-deleted';
  readonly id: MembershipId;
  /** Null when the deletion names the id alone, which is enough to believe it (rule 3). */
  readonly identity: {
    readonly organizationId: OrganizationId;
    readonly userId: UserId;
    readonly createdAt: number;
  } | null;
  readonly at: number;
}

/** The provider was asked for one member and did not list it. Presumed, and reversible (rule 8). */
export interface MembershipAbsent {
  readonly kind: 'membership-absent';
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly at: number;
}

export interface UserSnapshot {
  readonly kind: 'user';
  readonly told: Told;
  readonly id: UserId;
  readonly version: Version;
  /** Banned or deprovisioned (rule 7). */
  readonly suspended: boolean;
  readonly passwordChangedAt: number | null;
}

export interface UserDeleted {
  readonly kind: 'user-deleted';
  readonly id: UserId;
  readonly at: number;
}

export interface OrganizationSnapshot {
  readonly kind: 'organization';
  readonly told: Told;
  readonly id: OrganizationId;
  readonly name: string;
  readonly metadata: OrganizationMetadata;
  readonly version: Version;
}

export interface OrganizationDeleted {
  readonly kind: 'organization-deleted';
  readonly id: OrganizationId;
  readonly at: number;
}

export interface RoleSnapshot {
  readonly kind: 'role';
  readonly told: Told;
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly PermissionIdentity[];
  readonly createdAt: number;
  readonly version: Version;
}

export interface RoleDeleted {
  readonly kind: 'role-deleted';
  readonly id: string;
  readonly at: number;
}

export interface PermissionIdentity {
  readonly id: string;
  readonly key: string;
  readonly createdAt: number;
}

export interface PermissionSnapshot extends PermissionIdentity {
  readonly kind: 'permission';
  readonly at: number;
}

export interface PermissionDeleted {
  readonly kind: 'permission-deleted';
  readonly id: string;
  readonly at: number;
}

export interface InvitationSnapshot {
  readonly kind: 'invitation';
  readonly id: string;
  readonly organizationId: OrganizationId;
  readonly email: string | null;
  readonly role: string;
  readonly scoped: ScopedRoles;
  readonly inviterId: UserId | null;
  readonly status: InvitationStatus;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly version: Version;
}

export interface SessionStarted {
  readonly kind: 'session';
  readonly id: string;
  readonly userId: UserId;
  readonly at: number;
}

/** Ended, removed and revoked alike: the session is refused for ever. */
export interface SessionEnded {
  readonly kind: 'session-ended';
  readonly id: string;
  readonly userId: UserId;
  readonly at: number;
}
