import type { FreeSeats, Grant, ResolvedAssignmentRules, ResolvedConstraint } from './resolved-policy.ts';

/** A definition as read: shapes are certain and defaults filled in; the names in it may still lead nowhere. */
export interface Rules {
  readonly name: string;
  readonly extendsProvider: boolean;
  /** Whether organization roles reach into it, by scope; without `organization`. */
  readonly scopes: ReadonlyMap<string, boolean>;
  readonly permissions: ReadonlyMap<string, string>;
  readonly features: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, RoleRules>;
  readonly constraints: readonly ResolvedConstraint[];
  readonly freeSeats: readonly FreeSeats[] | null;
}

/** One role as written: what it includes is not in it yet. */
export interface RoleRules {
  readonly key: string;
  readonly scope: string;
  readonly title: string;
  readonly description: string;
  readonly badge: string | null;
  readonly givenToCreator: boolean;
  readonly includes: readonly string[];
  readonly grants: readonly Grant[];
  readonly assigns: ResolvedAssignmentRules;
}
