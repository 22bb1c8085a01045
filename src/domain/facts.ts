import type { MembershipId, OrganizationId, UserId } from './ids.ts';
import type { Version } from './version.ts';

/**
 * What is held to be true, a row each. Facts hang on the provider's ids and merge by "later version wins" or "max";
 * a pair or a key only points at the id that owns it (rule 2). Times are milliseconds of the provider's clock.
 */

/** One incarnation of a user in an organization. Identity is null until a snapshot has told it. */
export interface MembershipFact {
  readonly id: MembershipId;
  readonly organizationId: OrganizationId | null;
  readonly userId: UserId | null;
  readonly createdAt: number | null;
  /** The role that access rests on; null while no role was ever believed. */
  readonly role: string | null;
  /** Newer roles that wait for the provider's word: until it comes, access is what all of them and `role` grant. */
  readonly ceiling: readonly string[];
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
  /** Tokens issued at or before it are refused. Never decreases. */
  readonly cutoff: number | null;
  /** The latest cutoff for which a revocation of sessions was owed. */
  readonly revocationAt: number | null;
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
  /** Derived from the three above and from deleted permissions: sorted, what every holder of the key has. */
  readonly grants: readonly string[];
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
}
