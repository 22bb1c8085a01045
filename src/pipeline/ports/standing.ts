import type { Grant, Scope } from '../../domain/grant.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';

/** About whom a reader asks, in one statement. */
export interface StandingKeys {
  readonly members: readonly (readonly [OrganizationId, UserId])[];
  readonly agents: readonly (readonly [OrganizationId, string])[];
  readonly sessions: readonly string[];
}

/** What holds now, all of one moment. Whoever is not in it is not a member, not an agent, not a known session. */
export interface Standing {
  /** The latest change that this answer contains. */
  readonly revision: number;
  /** Types of the resources that carry roles of their own, without `organization`. */
  readonly scopes: readonly string[];
  /** By `pairKey`. */
  readonly members: ReadonlyMap<string, MemberStanding>;
  /** By organization and agent, as in `pairKey`. */
  readonly agents: ReadonlyMap<string, AgentStanding>;
  readonly sessions: ReadonlyMap<string, { readonly userId: UserId; readonly ended: boolean }>;
}

/** A pair that was ever heard of. */
export interface MemberStanding {
  readonly member: boolean;
  /** Null for whoever is no member. */
  readonly role: string | null;
  readonly roles: readonly { readonly role: string; readonly scope: Scope | null }[];
  readonly suspended: boolean;
  readonly contested: boolean;
  readonly grants: readonly Grant[];
  /** Tokens issued at or before it are refused: the latest of member, user, role and organization. Provider's milliseconds. */
  readonly cutoff: number | null;
}

export interface AgentStanding {
  /** Permissions, `tool:<name>` each. */
  readonly permissions: readonly string[];
}
