/**
 * The active policy as decisions use it. It is stored in this form, so that a rollout with two versions of the code
 * derives the same from it.
 */
export interface CompiledPolicy {
  /** On top of the provider's own permissions, instead of in their place. */
  readonly extendsProvider: boolean;
  /** Types of resources that carry roles of their own, and whether organization roles reach into all of them. */
  readonly scopes: Readonly<Record<string, boolean>>;
  readonly roles: Readonly<Record<string, CompiledRole>>;
  /** Whether it speaks of features or agents, which are facts of organizations. */
  readonly readsOrganizations: boolean;
  /** The first so many pairs of an organization hold this role, whatever the provider says. */
  readonly firstMembers: { readonly role: string; readonly count: number } | null;
  readonly exactlyOne: readonly { readonly role: string; readonly settleSeconds: number }[];
}

export interface CompiledRole {
  /** `organization`, or the type of resource that it is a role in. */
  readonly scope: string;
  /** `permission` or `permission own`, as in `grantText`; sorted. */
  readonly grants: readonly string[];
  /** What it grants besides where the organization has a feature on, by feature; sorted. */
  readonly featured: Readonly<Record<string, readonly string[]>>;
  /** Roles in which its holders may invite somebody. */
  readonly invites: readonly string[];
}

/** The scope of roles that hold for the whole organization. */
export const ORGANIZATION = 'organization';
