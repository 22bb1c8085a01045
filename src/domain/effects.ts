import type { CompiledPolicy } from './compiled-policy.ts';
import type { RoleKeyFact } from './facts.ts';
import type { OrganizationId, UserId } from './ids.ts';

/** Served strictly in this order, so that mass work never delays those who must be out now. */
export const LANES = ['removal', 'lookup', 'reduction', 'bulk'] as const;
export type Lane = (typeof LANES)[number];

/** Something owed to the outside, written with its cause and executed after the commit until it is done. */
export type OwedEffect =
  | {
      readonly kind: 'revoke_sessions';
      readonly lane: Lane;
      readonly userId: UserId;
      /** Sessions created at or before it (milliseconds) are revoked; younger ones survive. */
      readonly cutoff: number;
      readonly onlyWhenLast: boolean;
    }
  | {
      readonly kind: 'revoke_holders';
      readonly cause: SharedLossCause;
      /** The one whose features it is about; null where it reaches members of any. */
      readonly organizationId: OrganizationId | null;
      /** As above, for all who lost something. The commit raises it to its own clock. */
      readonly cutoff: number;
      /** Provider's time of the change: whoever took a role later lost nothing by it. */
      readonly at: number;
      readonly before: HeldBefore;
    }
  | { readonly kind: 'lookup_member'; readonly organizationId: OrganizationId; readonly userId: UserId }
  | { readonly kind: 'lookup_user'; readonly userId: UserId }
  | { readonly kind: 'lookup_organization'; readonly organizationId: OrganizationId }
  | { readonly kind: 'lookup_roles' }
  | {
      readonly kind: 'check_constraints';
      readonly organizationId: OrganizationId;
      /** What two events in any order bring about is judged when so long nothing else has happened. */
      readonly settleMs: number;
    };

/** What members held by before a commit that reaches them unseen: as much of it as the commit has moved. */
export interface HeldBefore {
  readonly roles: Readonly<Record<string, Pick<RoleKeyFact, 'scope' | 'grants' | 'featured'>>>;
  /** What was on, by the id of the organization. */
  readonly features: Readonly<Record<string, readonly string[]>>;
  /** What the policy said of everybody; null where it is the same one. */
  readonly policy: Pick<CompiledPolicy, 'scopes' | 'firstMembers'> | null;
}

/** Why somebody's tokens are cut off, which decides what happens to their sessions. */
export type LossCause = 'removed' | 'reduced' | 'suspended' | 'password';

/** What takes from many at once, of whom nobody is looked at when it is decided. */
export const SHARED_LOSS_CAUSES = ['role', 'policy', 'feature'] as const;
export type SharedLossCause = (typeof SHARED_LOSS_CAUSES)[number];

/**
 * What a loss does beside its cutoff. `refresh`: nothing, the client fetches a new token and goes on. `revoke`: the
 * user is signed out. `revoke-when-last`: signed out only when no membership is left.
 */
export type Consequence = 'refresh' | 'revoke' | 'revoke-when-last';
export type Consequences = Readonly<
  Record<LossCause, Consequence> & Record<SharedLossCause, Exclude<Consequence, 'revoke-when-last'>>
>;

export const DEFAULT_CONSEQUENCES: Consequences = {
  removed: 'revoke',
  reduced: 'revoke',
  suspended: 'revoke',
  password: 'refresh',
  role: 'refresh',
  policy: 'refresh',
  feature: 'refresh',
};

/** The revocation that a loss owes, or null where its consequence is a refresh. */
export function revocationOwed(
  userId: UserId,
  cutoff: number,
  cause: LossCause,
  consequences: Consequences,
): OwedEffect | null {
  const consequence = consequences[cause];
  if (consequence === 'refresh') return null;
  return {
    kind: 'revoke_sessions',
    lane: cause === 'removed' || cause === 'suspended' ? 'removal' : 'reduction',
    userId,
    cutoff,
    onlyWhenLast: consequence === 'revoke-when-last',
  };
}

/** Names what an effect is about: at most one is owed for each subject, or of `revoke_holders` by one commit. */
export function subjectOf(effect: OwedEffect): string {
  switch (effect.kind) {
    case 'lookup_member':
      return `${effect.kind}/${effect.organizationId}/${effect.userId}`;
    case 'lookup_roles':
      return effect.kind;
    case 'revoke_holders':
      return `${effect.kind}/${effect.cause}/${effect.organizationId ?? ''}`;
    case 'lookup_organization':
    case 'check_constraints':
      return `${effect.kind}/${effect.organizationId}`;
    case 'lookup_user':
    case 'revoke_sessions':
      return `${effect.kind}/${effect.userId}`;
  }
}

/** Two effects of one subject as one: the later cutoff, the more urgent lane, the stricter condition, the longer wait. */
export function joinEffects(first: OwedEffect, second: OwedEffect): OwedEffect {
  if (first.kind === 'check_constraints' && second.kind === 'check_constraints') {
    return { ...second, settleMs: Math.max(first.settleMs, second.settleMs) };
  }
  if (first.kind === 'revoke_holders' && second.kind === 'revoke_holders') {
    // One commit owes both: what was held before it is the same.
    return {
      ...first,
      cutoff: Math.max(first.cutoff, second.cutoff),
      at: Math.min(first.at, second.at),
    };
  }
  if (first.kind !== 'revoke_sessions' || second.kind !== 'revoke_sessions') return second;
  return {
    kind: 'revoke_sessions',
    lane: LANES.indexOf(first.lane) <= LANES.indexOf(second.lane) ? first.lane : second.lane,
    userId: first.userId,
    cutoff: Math.max(first.cutoff, second.cutoff),
    onlyWhenLast: first.onlyWhenLast && second.onlyWhenLast,
  };
}

export function laneOf(effect: OwedEffect): Lane {
  if (effect.kind === 'revoke_holders') return 'bulk';
  return effect.kind === 'revoke_sessions' ? effect.lane : 'lookup';
}
