import type { CompiledPolicy } from './compiled-policy.ts';
import type { MembershipId, OrganizationId, UserId } from './ids.ts';
import type { Version } from './version.ts';

/**
 * What is held to be true, a row each. Facts hang on the provider's ids and merge by "later version wins" or "max";
 * a pair or a key only points at the id that owns it (rule 2). Times are milliseconds of the provider's clock.
 */

/** Roles inside resources: by type of resource and its id. Keys in order, so that equal ones are equal texts. */
export type ScopedRoles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What one snapshot of a membership says that somebody holds. */
export interface Holding {
  readonly role: string;
  readonly scoped: ScopedRoles;
}

/** One incarnation of a user in an organization. Identity is null until a snapshot has told it. */
export interface MembershipFact {
  readonly id: MembershipId;
  readonly organizationId: OrganizationId | null;
  readonly userId: UserId | null;
  readonly createdAt: number | null;
  /** The role that access rests on; null while no role was ever believed. */
  readonly role: string | null;
  /** The roles in resources that access rests on. */
  readonly scoped: ScopedRoles;
  /** Newer ones that wait for the provider's word: until it comes, access is what all of them grant too. */
  readonly ceiling: readonly Holding[];
  /** What of the latest metadata could not be read, by name: it grants nothing. */
  readonly flaws: readonly string[];
  /** Two truths with one version: no access until the provider answers (rule 4). */
  readonly contested: boolean;
  readonly version: Version | null;
  /** When the present version took effect: tokens from before it may carry what it lacks. */
  readonly effectiveAt: number | null;
  /** The latest time at which the provider spoke of it as existing. */
  readonly seenAt: number | null;
  /** Presumed gone as far as evidence up to this time goes (rule 8). */
  readonly absentAt: number | null;
  readonly deletedAt: number | null;
}

/** The (organization, user) pair: which incarnation owns it, and what outlives every incarnation. */
export interface MemberFact {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly membershipId: MembershipId;
  readonly membershipCreatedAt: number;
  /** When the earliest of all incarnations began. */
  readonly firstJoinedAt: number;
  /** Tokens issued at or before it are refused. Never decreases. */
  readonly cutoff: number | null;
  /** The latest cutoff for which a revocation of sessions was owed. */
  readonly revocationAt: number | null;
  /**
   * Roles that were held and are not any more, with the latest time at which tokens may carry them: should it turn out
   * that one granted more than is held now, those are refused.
   */
  readonly left: Readonly<Record<string, number>>;
}

export interface UserFact {
  readonly id: UserId;
  readonly version: Version | null;
  readonly suspended: boolean;
  readonly passwordChangedAt: number | null;
  readonly deletedAt: number | null;
  readonly cutoff: number | null;
}

export interface OrganizationFact {
  readonly id: OrganizationId;
  readonly name: string | null;
  readonly version: Version | null;
  /** What is switched on, sorted. */
  readonly features: readonly string[];
  /** The tools that each agent may use, sorted, by the agent's id. */
  readonly agents: Readonly<Record<string, readonly string[]>>;
  /** What of the latest metadata could not be read, by name: it allows nothing. */
  readonly flaws: readonly string[];
  readonly deletedAt: number | null;
  readonly cutoff: number | null;
}

/** A role by the provider's id: its definition as told, before bounds. */
export interface RoleFact {
  readonly id: string;
  readonly key: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly permissions: readonly string[];
  readonly createdAt: number | null;
  readonly version: Version | null;
  readonly deletedAt: number | null;
}

/** A role by the key that members hold: what the key grants now. */
export interface RoleKeyFact {
  readonly key: string;
  /** The latest-created role that ever had this key; null while only memberships have spoken of it. */
  readonly roleId: string | null;
  readonly roleCreatedAt: number | null;
  /** Definitions not newer than `boundAt` grant no more than this (rules 5 and 6). */
  readonly bound: readonly string[] | null;
  readonly boundAt: number | null;
  /** What the provider makes it grant: derived from the three above and from deleted permissions, sorted. */
  readonly provided: readonly string[];
  /** Derived from `provided` and the policy: where it is a role in, and what every holder of the key has, sorted. */
  readonly scope: string;
  readonly grants: readonly string[];
  /** And besides, in organizations that have a feature on. */
  readonly featured: Readonly<Record<string, readonly string[]>>;
  readonly cutoff: number | null;
}

export interface PermissionFact {
  readonly id: string;
  readonly key: string | null;
  readonly createdAt: number | null;
  readonly deletedAt: number | null;
}

export interface PermissionKeyFact {
  readonly key: string;
  readonly permissionId: string;
  readonly permissionCreatedAt: number;
  /** When the permission that owns the key was deleted. */
  readonly deletedAt: number | null;
}

export interface SessionFact {
  readonly id: string;
  readonly userId: UserId;
  readonly endedAt: number | null;
}

export interface InvitationFact {
  readonly id: string;
  readonly organizationId: OrganizationId;
  /** While it is pending; forgotten afterwards. */
  readonly email: string | null;
  readonly role: string;
  readonly scoped: ScopedRoles;
  /** Null when a backend sent it in nobody's name. */
  readonly inviterId: UserId | null;
  /** What the inviter was when the invitation was first heard of; null while that is not known. */
  readonly inviterRole: string | null;
  readonly status: InvitationStatus;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly version: Version;
}

export type InvitationStatus = 'pending' | 'accepted' | 'revoked' | 'expired';

/** The rows a decision starts from, by id, by key, or by pair (`pairKey`). What is not in it does not exist. */
export interface Facts {
  readonly users: ReadonlyMap<string, UserFact>;
  readonly organizations: ReadonlyMap<string, OrganizationFact>;
  readonly roles: ReadonlyMap<string, RoleFact>;
  readonly roleKeys: ReadonlyMap<string, RoleKeyFact>;
  readonly permissions: ReadonlyMap<string, PermissionFact>;
  readonly permissionKeys: ReadonlyMap<string, PermissionKeyFact>;
  readonly memberships: ReadonlyMap<string, MembershipFact>;
  readonly members: ReadonlyMap<string, MemberFact>;
  readonly sessions: ReadonlyMap<string, SessionFact>;
  readonly invitations: ReadonlyMap<string, InvitationFact>;
  /** Null while the provider's own roles are all there is. */
  readonly policy: CompiledPolicy | null;
}
