import type { History } from './history.ts';
import type { TokenClaims } from './reading.ts';
import { permissionsOf } from './world.ts';

/** A token as the provider minted it, with what it carried. */
export interface Token extends TokenClaims {
  readonly mintedAt: number;
  readonly membership: string;
  readonly roleKey: string;
  readonly permissions: readonly string[];
}

/**
 * The hardest tokens of a history to refuse: between any two moments, the last that could be minted before the second.
 * Everybody has a session that never ends, and the ones that were told of.
 */
export function tokensOf(history: History, until: number): Token[] {
  return history.moments.flatMap(({ world }, index) => {
    const mintedAt = history.moments[index + 1]?.at ?? until;
    return [...world.memberships.values()].flatMap((membership) => {
      if (world.users.get(membership.userId)?.suspended !== false) return [];
      const sessions = [...world.sessions.values()].filter((s) => s.userId === membership.userId && !s.ended);
      return [`always_${membership.userId}`, ...sessions.map((session) => session.id)].map((session) => ({
        user: membership.userId,
        organization: membership.organizationId,
        session,
        issuedAt: Math.floor(mintedAt / 1000),
        mintedAt,
        membership: membership.id,
        roleKey: world.roles.get(membership.roleId)?.key ?? 'none',
        permissions: permissionsOf(world, membership.roleId),
      }));
    });
  });
}
