import { type Access, accessOf, derivedRole, firstMembers, grantsOf, holdingsOf } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { MemberFact, MembershipFact } from '../facts.ts';
import { type OrganizationId, pairKey } from '../ids.ts';
import { difference } from '../sets.ts';
import type { Context } from './context.ts';
import { cutMember } from './cut.ts';
import { recordMemberChange } from './membership-change.ts';
import { unseenOrganization } from './organization.ts';

type Pair = Pick<MemberFact, 'organizationId' | 'userId'>;

/** A pair as it stood before the first members moved. */
interface Watched {
  readonly pair: Pair;
  readonly access: Access;
  /** By everything that it held, believed or not. */
  readonly granted: readonly string[];
  readonly derived: string | null;
}

/**
 * Looks at the first members of an organization before its pairs move. To be called again afterwards: whoever is not
 * among them any more, because somebody who joined earlier was heard of later, has lost the role that came with it.
 */
export function watchFirstMembers(draft: Draft, moving: Pair): (at: number, context: Context) => void {
  if ((draft.policy?.firstMembers ?? null) === null) return () => undefined;
  const { organizationId, userId } = moving;
  const first = firstMembers(draft, organizationId);
  const among = first.some((member) => member.userId === userId);
  const before = [...first, ...(among ? [] : [moving])].map((pair) => watched(draft, pair));
  return (at, context) => {
    const now = new Set(firstMembers(draft, organizationId).map((member) => member.userId));
    const moved = before.filter(({ pair, derived }) => (derived !== null) !== now.has(pair.userId));
    if (moved.length === 0) return;
    // Two who join at once must not both be the third: every commit that moves the first ones writes this row.
    const known = draft.organizations.get(organizationId);
    draft.organizations.put(organizationId, { ...(known ?? unseenOrganization(organizationId)) });
    for (const one of moved) becomeAnother(draft, one, one.pair.userId === userId, at, context);
  };
}

function membershipOf(draft: Draft, { organizationId, userId }: Pair): MembershipFact | undefined {
  const membershipId = draft.members.get(pairKey(organizationId, userId))?.membershipId;
  return membershipId === undefined ? undefined : draft.memberships.get(membershipId);
}

/** When the membership became what it is; null while it is as it began. */
function lastChange(draft: Draft, pair: Pair): number | null {
  const { version, createdAt, effectiveAt } = membershipOf(draft, pair) ?? {};
  if (version == null || version.updatedAt <= (createdAt ?? 0)) return null;
  return effectiveAt ?? version.at;
}

function watched(draft: Draft, pair: Pair): Watched {
  const { organizationId, userId } = pair;
  const access = accessOf(draft, organizationId, userId);
  const membership = membershipOf(draft, pair);
  const granted =
    membership === undefined || !access.member
      ? []
      : holdingsOf(membership).flatMap((holding) => grantsOf(draft, pair, holding));
  return { pair: { organizationId, userId }, access, granted, derived: derivedRole(draft, pair) };
}

/** Tokens are cut off for what is lost, and for what was lost before with the role that the pair had until now. */
function becomeAnother(
  draft: Draft,
  { pair, access, granted, derived }: Watched,
  told: boolean,
  at: number,
  context: Context,
): void {
  const { organizationId, userId } = pair;
  const after = accessOf(draft, organizationId, userId);
  const cut = (until: number, cause: 'reduced' | null) => {
    const member = draft.members.get(pairKey(organizationId, userId));
    return member === undefined ? null : cutMember(draft, member, until, cause, context);
  };
  const left = derived === null ? null : (draft.roleKeys.get(derived)?.cutoff ?? null);
  // What their own roles lost until now was nothing to them, for all that was known.
  const hidden = derived === null ? null : lastChange(draft, pair);
  const cutoffs = [
    difference(granted, after.permissions).length > 0 && after.member ? cut(at, 'reduced') : null,
    left === null ? null : cut(left, null),
    hidden === null ? null : cut(hidden, null),
  ];
  // What the news itself made of the pair that it is about is written down by whoever took the news.
  recordMemberChange(draft, pair, told ? after : access, after, cutoffs, at);
  if (!told) oweConstraintChecks(draft, organizationId, access, after);
}

/** Whoever comes, goes, or takes or leaves a role that exactly one may have is a reason to count. */
export function oweConstraintChecks(
  draft: Draft,
  organizationId: OrganizationId,
  before: Access,
  after: Access,
): void {
  const touched = (draft.policy?.exactlyOne ?? []).filter(
    ({ role }) => before.member !== after.member || (before.role === role) !== (after.role === role),
  );
  if (touched.length === 0) return;
  const settleMs = Math.max(...touched.map(({ settleSeconds }) => settleSeconds * 1_000));
  draft.effects.push({ kind: 'check_constraints', organizationId, settleMs });
}
