import type { Draft } from '../draft.ts';
import type { MemberFact, MembershipFact } from '../facts.ts';
import { type MembershipId, type OrganizationId, pairKey, type UserId } from '../ids.ts';
import { createdLater } from '../version.ts';

/** Whom an incarnation joins to what, and since when. */
export interface Identity {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly createdAt: number;
}

export function identify(known: MembershipFact, identity: Identity): MembershipFact & Identity {
  return {
    ...known,
    organizationId: identity.organizationId,
    userId: identity.userId,
    createdAt: Math.max(known.createdAt ?? identity.createdAt, identity.createdAt),
  };
}

export function identityOf(known: MembershipFact): Identity | null {
  if (known.organizationId === null || known.userId === null || known.createdAt === null) return null;
  return { organizationId: known.organizationId, userId: known.userId, createdAt: known.createdAt };
}

export function unseenMembership(id: MembershipId): MembershipFact {
  return {
    id,
    organizationId: null,
    userId: null,
    createdAt: null,
    role: null,
    scoped: {},
    ceiling: [],
    flaws: [],
    contested: false,
    version: null,
    effectiveAt: null,
    seenAt: null,
    absentAt: null,
    deletedAt: null,
  };
}

/** Rule 2: the latest-created incarnation owns the pair, even when it is dead: its existence kills the earlier ones. */
export function claimPair(draft: Draft, row: MembershipFact & Identity): MemberFact {
  const key = pairKey(row.organizationId, row.userId);
  const held = draft.members.get(key);
  const firstJoinedAt = Math.min(held?.firstJoinedAt ?? row.createdAt, row.createdAt);
  const owner =
    held !== undefined && !createdLater(row, { createdAt: held.membershipCreatedAt, id: held.membershipId })
      ? { ...held, firstJoinedAt }
      : {
          organizationId: row.organizationId,
          userId: row.userId,
          membershipId: row.id,
          membershipCreatedAt: row.createdAt,
          firstJoinedAt,
          cutoff: held?.cutoff ?? null,
          revocationAt: held?.revocationAt ?? null,
          // Whatever was held in a life before this one is cut off by its beginning.
          left: {},
        };
  if (
    held?.membershipId === owner.membershipId &&
    held.membershipCreatedAt === owner.membershipCreatedAt &&
    held.firstJoinedAt === firstJoinedAt
  ) {
    return held;
  }
  draft.members.put(key, owner);
  return owner;
}
