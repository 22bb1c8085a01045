import type { StandInState } from './history.ts';
import type { Metadata, Role } from './model.ts';

/** One membership and what it lets its holder do, as the provider itself sees it. */
export interface Access {
  readonly membershipId: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly role: string;
  /** The role's permissions, sorted; empty while the user is suspended. */
  readonly permissions: readonly string[];
  readonly publicMetadata: Metadata;
  /** Banned or deprovisioned. */
  readonly suspended: boolean;
}

export const roleByKey = (state: StandInState, key: string): Role | undefined => {
  for (const role of state.roles.values()) if (role.key === key) return role;
  return undefined;
};

export const accessIn = (state: StandInState): readonly Access[] =>
  [...state.memberships.values()].map((membership) => {
    const user = state.users.get(membership.userId);
    const suspended = user === undefined || user.banned || user.deprovisioned;
    const permissions = roleByKey(state, membership.role)?.permissions ?? [];
    return {
      membershipId: membership.id,
      organizationId: membership.organizationId,
      userId: membership.userId,
      role: membership.role,
      permissions: suspended ? [] : [...permissions].sort(),
      publicMetadata: membership.publicMetadata,
      suspended,
    };
  });
