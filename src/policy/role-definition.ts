import type { Condition } from '../domain/grant.ts';

/** One role: what it is called, what it can do, and whom its holders may give which role. */
export interface RoleDefinition<
  Permission extends string = string,
  Role extends string = string,
  Scope extends string = string,
  Feature extends string = string,
> {
  readonly title: string;
  /** For the dialog in which somebody picks a role for somebody else. */
  readonly description: string;
  /** A colour, or whatever the app draws badges from. */
  readonly badge?: string;
  /** The kind of resource that it is a role in; the organization when left out. */
  readonly scope?: Scope | 'organization';
  /** Whoever creates the organization, or the resource, gets it. One role a scope. */
  readonly givenToCreator?: true;
  /** Roles whose permissions and assignment rules it has as well. There need be no ladder. */
  readonly includes?: readonly Role[];
  readonly can?: readonly (Permission | ConditionalGrant<Permission, Feature>)[];
  /** Which roles its holders may invite to, change between and remove. A list stands for all three. */
  readonly assigns?: readonly Role[] | AssignmentRules<Role>;
}

/** A permission under conditions; those that stand together must all be met. */
export type ConditionalGrant<Permission extends string, Feature extends string> =
  | { readonly permission: Permission; readonly only: Condition; readonly feature?: Feature }
  | { readonly permission: Permission; readonly only?: Condition; readonly feature: Feature };

/** Who may do what to whom, from the actor's side. */
export interface AssignmentRules<Role extends string> {
  /** Roles in which they may invite somebody new. */
  readonly invite?: readonly Role[];
  /** Roles from which and to which they may change somebody. */
  readonly change?: readonly Role[];
  /** Roles whose holders they may remove. */
  readonly remove?: readonly Role[];
}
