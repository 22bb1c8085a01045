import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import type { History } from './history.ts';
import { allows, heldBy } from './holding.ts';
import type { Moment } from './ledger.ts';
import type { TokenClaims } from './reading.ts';
import { EMPTY_WORLD, membershipOf, type World } from './world.ts';

/** A token as the provider minted it, with what it carried. */
export interface Token extends TokenClaims {
  readonly mintedAt: number;
  readonly membership: string;
  readonly permissions: readonly string[];
}

/**
 * The hardest tokens of a history to refuse: between any two moments, the last that could be minted before the second.
 * Everybody has a session that never ends, and the ones that were told of.
 */
export function tokensOf({ moments, policy }: History): Token[] {
  return moments.flatMap(({ at, world }, index) => tokensAt(world, policy, moments[index + 1]?.at ?? at));
}

export function tokensAt(world: World, policy: CompiledPolicy | null, mintedAt: number): Token[] {
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
      // What hangs on a feature no token of the provider carries: see `FeaturesCutOff`.
      permissions: heldBy(withoutFeatures(world), policy, membership),
    }));
  });
}

function withoutFeatures(world: World): World {
  const bare = [...world.organizations].map(([id, row]) => [id, { ...row, features: [] }] as const);
  return { ...world, organizations: new Map(bare) };
}

/** Why a token has to be refused at the end of a history, or null where it may pass. */
export function reasonToRefuse({ moments, policy }: History, token: Token): string | null {
  const world = moments.at(-1)?.world ?? EMPTY_WORLD;
  const user = world.users.get(token.user);
  const membership = membershipOf(world, token.organization, token.user);
  if (user === undefined || membership === undefined) return 'is no member';
  if (world.sessions.get(token.session)?.ended) return 'has signed out';
  if (token.mintedAt <= (user.passwordChangedAt ?? 0)) return 'has a new password';
  if (membership.id !== token.membership) return 'has left and joined again';
  const isBanned = (moment: Moment | undefined) => moment?.world.users.get(token.user)?.suspended ?? false;
  const banned = moments.some(
    (moment, index) => moment.at >= token.mintedAt && isBanned(moment) && !isBanned(moments[index - 1]),
  );
  if (banned) return 'was banned since';
  const held = heldBy(world, policy, membership);
  const more = token.permissions.filter((text) => !allows(held, text));
  return more.length === 0 ? null : `has no longer ${more.join()}`;
}
