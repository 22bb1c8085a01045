import type { Condition } from '../domain/grant.ts';

/**
 * A policy with inheritance resolved: plain JSON, the same for the same policy however it was written. Keys of records
 * and members of lists stand in the order of their UTF-16 code units.
 */
export interface ResolvedPolicy {
  readonly name: string;
  readonly extends?: 'provider';
  /** `organization`, and the kinds of resources that carry roles of their own. */
  readonly scopes: readonly string[];
  /** By scope other than the organization: whether organization roles reach into all of them. */
  readonly organizationRolesReach?: Readonly<Record<string, boolean>>;
  /** Descriptions by key, `tool:<name>` among them. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly features?: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, ResolvedRole>>;
  readonly constraints: readonly ResolvedConstraint[];
  /** Empty when the policy does not speak of seats. */
  readonly seats: { readonly free?: readonly FreeSeats[] };
}

export interface ResolvedRole {
  readonly scope: string;
  readonly title: string;
  readonly description: string;
  readonly badge?: string;
  readonly givenToCreator?: true;
  /** None of them says what another one says under fewer conditions. */
  readonly grants: readonly Grant[];
  readonly assigns: ResolvedAssignmentRules;
}

/** One permission of a role, and under which conditions. */
export interface Grant {
  readonly permission: string;
  readonly only?: Condition;
  readonly feature?: string;
}

export interface ResolvedAssignmentRules {
  readonly invite: readonly string[];
  readonly change: readonly string[];
  readonly remove: readonly string[];
}

export type ResolvedConstraint =
  | { readonly exactlyOne: string; readonly settleSeconds: number }
  | { readonly firstMembersBecome: string; readonly count: number };

export interface FreeSeats {
  readonly role: string;
  readonly upTo?: number;
  readonly fromSeats?: number;
}
