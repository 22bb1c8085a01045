import type { RoleDefinition } from './role-definition.ts';

/**
 * What `definePolicy` takes. Every name is declared once, in `scopes`, `permissions`, `features`, `agents.tools` or
 * `roles`; everywhere else it is a reference that does not compile when it leads nowhere.
 */
export interface PolicyDefinition<
  Permission extends string = string,
  Role extends string = string,
  Scope extends string = string,
  Feature extends string = string,
  Tool extends string = string,
> {
  /** What the policy is called in previews and histories. */
  readonly name: string;
  /**
   * The policy comes on top of the provider's own roles: a role that it does not know keeps the provider's permissions,
   * and one that it knows has what the provider grants besides. Without it only the policy grants anything.
   */
  readonly extends?: 'provider';
  /** Kinds of resources inside the organization that carry roles of their own, by type. `organization` is always there. */
  readonly scopes?: Readonly<Record<Scope, ScopeDefinition>>;
  /** What one can be permitted to do, each with a description. */
  readonly permissions: Readonly<Record<Permission, string>>;
  /** What an organization can have switched on, each with a description. */
  readonly features?: Readonly<Record<Feature, string>>;
  readonly agents?: AgentsDefinition<Tool>;
  readonly roles: {
    readonly [Key in Role]: RoleDefinition<
      NoInfer<Permission> | `tool:${NoInfer<Tool>}`,
      NoInfer<Role>,
      NoInfer<Scope>,
      NoInfer<Feature>
    >;
  };
  readonly constraints?: readonly ConstraintDefinition<NoInfer<Role>>[];
  readonly seats?: SeatsDefinition<NoInfer<Role>>;
}

export interface ScopeDefinition {
  readonly description: string;
  /** Whether what an organization role grants also holds in every resource of this kind. */
  readonly organizationRolesReach: boolean;
}

export interface AgentsDefinition<Tool extends string> {
  /**
   * What agents can be allowed to use, each with a description. Every tool is a permission, `tool:<name>`: an agent holds
   * those on its own list, and while it acts for a user only those that the user's role grants too.
   */
  readonly tools: Readonly<Record<Tool, string>>;
}

export type ConstraintDefinition<Role extends string> =
  | {
      /** Exactly one member of each organization has this role. */
      readonly exactlyOne: Role;
      /** How long it may be otherwise before it is a finding: a transfer is two events in any order. 60 by default. */
      readonly settleSeconds?: number;
    }
  | {
      /** The first so many members an organization ever had hold this role, whatever the provider says. */
      readonly firstMembersBecome: Role;
      readonly count: number;
    };

/** Every member takes a seat, and every seat is paid unless it is free here. */
export interface SeatsDefinition<Role extends string> {
  readonly free: readonly {
    readonly role: Role;
    /** How many of the role are free; further ones are paid. All of them when left out. */
    readonly upTo?: number;
    /** Only in organizations with at least so many members, these included. */
    readonly fromSeats?: number;
  }[];
}

/** The permissions that a policy knows, its agents' tools among them. */
export type PermissionOf<Policy> =
  Policy extends PolicyDefinition<infer Permission, string, string, string, infer Tool>
    ? Permission | `tool:${Tool}`
    : never;

/** The roles that a policy knows. */
export type RoleOf<Policy> = Policy extends { readonly roles: Readonly<Record<infer Role, unknown>> }
  ? Role
  : never;
