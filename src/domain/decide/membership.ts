import {
  type Access,
  accessBeneath,
  accessOf,
  carriedBy,
  derivedRole,
  gains,
  grantsOf,
  holdingsOf,
  isAlive,
} from '../access.ts';
import type { Draft } from '../draft.ts';
import type { MembershipSnapshot } from '../evidence.ts';
import type { Holding, MemberFact, MembershipFact } from '../facts.ts';
import { sameHolding } from '../holding.ts';
import { pairKey } from '../ids.ts';
import { providerCounts } from '../role-sets.ts';
import { difference } from '../sets.ts';
import { oweConstraintChecks, watchFirstMembers } from './constraints.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { cutMember } from './cut.ts';
import { learnFromMembership } from './grants-evidence.ts';
import { cutoffsOnLeaving, rememberLeft } from './leaving-roles.ts';
import { recordMemberChange } from './membership-change.ts';
import { holdSnapshot, isUnresolved, mergeSnapshot, timeOf } from './merge-membership.ts';
import { doubtOrganization } from './organization.ts';
import { claimPair, identify, unseenMembership } from './pair.ts';

export function decideMembership(draft: Draft, said: MembershipSnapshot, context: Context): Verdict {
  const known = draft.memberships.get(said.id) ?? unseenMembership(said.id);
  const { organizationId, userId } = said;
  const sameOrganization = known.organizationId === null || known.organizationId === organizationId;
  if (!sameOrganization || (known.userId !== null && known.userId !== userId)) {
    draft.effects.push({ kind: 'lookup_member', organizationId, userId });
    return verdict('failed', 'identity_conflict');
  }

  learnFromMembership(draft, said, context);
  doubtSuspension(draft, said);
  doubtOrganization(draft, said);

  const before = accessOf(draft, organizationId, userId);
  const beneath = accessBeneath(draft, organizationId, userId);
  const derived = derivedRole(draft, said);
  const moveFirst = watchFirstMembers(draft, said);
  const previous = draft.members.get(pairKey(organizationId, userId));
  const identified = identify(known, said);
  const merged = mergeSnapshot(identified, said);
  draft.memberships.put(said.id, merged.row);
  const member = claimPair(draft, identified);
  const owns = member.membershipId === said.id;

  let row = merged.row;
  let reached = merged.verdict;
  const gained =
    gains(beneath, accessBeneath(draft, organizationId, userId)) ||
    // Who turns out to have joined among the first gains by what is over and done: nothing can have undone it since.
    (derived === derivedRole(draft, said) && gains(before, accessOf(draft, organizationId, userId)));
  if (context.late && merged.row !== identified && (gained || addsUnspoken(draft, identified, said))) {
    row = holdSnapshot(identified, said);
    draft.memberships.put(said.id, row);
    reached = verdict('held', 'late_gain');
  }
  if (reached.outcome === 'held') {
    draft.effects.push({ kind: 'lookup_member', organizationId, userId });
  }

  if (owns) rememberLeft(draft, member, [...holdingsOf(identified), said], row);
  const after = accessOf(draft, organizationId, userId);
  const cutoffs = lossesOf(draft, { said, known, row, member, previous, before, after }).map((loss) =>
    cutMember(draft, currentMember(draft, member), loss.at, loss.cause, context),
  );
  recordMemberChange(draft, said, before, after, cutoffs, said.version.at);
  moveFirst(said.version.at, context);
  oweConstraintChecks(draft, organizationId, before, after);
  if (!owns && reached.outcome === 'applied') return verdict('stale', 'superseded');
  if (said.told === 'observed' && reached.outcome === 'stale' && isUnresolved(row)) {
    return verdict('held', 'contested');
  }
  return reached;
}

/**
 * Whether it adds a role in a resource of a type of which the policy does not speak. What that grants, another policy
 * will say, and then nobody would ask any more whether it was told in time.
 */
function addsUnspoken(draft: Draft, known: MembershipFact, said: MembershipSnapshot): boolean {
  const spoken = draft.policy?.scopes ?? {};
  return Object.entries(said.scoped)
    .filter(([type]) => !Object.hasOwn(spoken, type))
    .some(([type, roles]) => Object.entries(roles).some(([id, role]) => known.scoped[type]?.[id] !== role));
}

interface Decided {
  readonly said: MembershipSnapshot;
  readonly known: MembershipFact;
  readonly row: MembershipFact;
  readonly member: MemberFact;
  readonly previous: MemberFact | undefined;
  readonly before: Access;
  readonly after: Access;
}

interface Loss {
  readonly at: number;
  /** Null: tokens are refused, but no session is revoked for it. */
  readonly cause: 'removed' | 'reduced' | null;
}

/** Up to when tokens may carry more than is held now, by everything that this snapshot gives away. */
function lossesOf(draft: Draft, decided: Decided): Loss[] {
  const { said, known, row, member, previous, before, after } = decided;
  const losses: Loss[] = [];
  const owns = member.membershipId === said.id;
  const last = previous === undefined ? undefined : draft.memberships.get(previous.membershipId);
  if (last !== undefined && last.id !== member.membershipId && last.deletedAt === null) {
    losses.push({ at: member.membershipCreatedAt, cause: before.member ? 'removed' : null });
  }
  if (row.deletedAt !== null) {
    losses.push({
      at: owns ? row.deletedAt : Math.min(row.deletedAt, member.membershipCreatedAt),
      cause: 'removed',
    });
    return losses;
  }
  if (!owns) {
    // A life before this one ended at the latest when this one began.
    losses.push({ at: member.membershipCreatedAt, cause: 'removed' });
    return losses;
  }
  const at = timeOf(row);
  if (row.version !== known.version || row.contested !== known.contested) {
    const lost = lossOf(draft, said, holdingsOf(known), [], after);
    if (lost !== 'nothing') losses.push({ at, cause: lost });
  }
  if (known.version === null && said.told !== 'created' && said.version.updatedAt > said.createdAt) {
    // First sight of somebody who was changed before: what they lost then is unknown.
    losses.push({ at, cause: null });
  }
  for (const cutoff of cutoffsOnLeaving(draft, holdingsOf(known), heldSince(known), row)) {
    losses.push({ at: cutoff, cause: null });
  }
  // Also while nothing of it was ever believed: afterwards nobody remembers that this was told.
  if ((isAlive(row) || row.role === null) && !holdingsOf(row).some((held) => sameHolding(held, said))) {
    losses.push(...lossesSince(draft, said, row, after));
  }
  return losses;
}

/** When the roles it names were told of at the earliest: what waits has no time of its own. */
function heldSince({ ceiling, version, createdAt }: MembershipFact): number {
  return (ceiling.length === 0 ? version?.at : createdAt) ?? 0;
}

/** Held before the present version, and not known to have been: tokens from then may carry more. */
function lossesSince(draft: Draft, said: MembershipSnapshot, row: MembershipFact, after: Access): Loss[] {
  const at = timeOf(row);
  const stillHeld = holdingsOf(row).some(({ role }) => role === said.role);
  const last = row.role === null ? row.ceiling.at(-1) : undefined;
  const present = last === undefined ? after : { ...after, permissions: grantsOf(draft, said, last) };
  const lost = lossOf(draft, said, [said], stillHeld ? [] : (said.permissions ?? []), present);
  if (lost !== 'nothing') return [{ at, cause: row.role === null ? null : lost }];
  return cutoffsOnLeaving(draft, [said], said.version.at, row).map((cutoff) => ({
    at: Math.min(at, cutoff),
    cause: null,
  }));
}

/** Whether holdings and a list held more than is held now. What was told of them but never believed signs nobody out. */
function lossOf(
  draft: Draft,
  said: MembershipSnapshot,
  holdings: readonly Holding[],
  listed: readonly string[],
  after: Access,
): Loss['cause'] | 'nothing' {
  const counts = providerCounts(draft, said.role) && derivedRole(draft, said) === null;
  const believed = [
    ...(counts ? listed : []),
    ...holdings.flatMap((holding) => grantsOf(draft, said, holding)),
  ];
  if (difference(believed, after.permissions).length > 0) return 'reduced';
  const told = holdings.flatMap((holding) => carriedBy(draft, said, holding));
  return difference(told, after.permissions).length > 0 ? null : 'nothing';
}

function currentMember(draft: Draft, member: MemberFact): MemberFact {
  return draft.members.get(pairKey(member.organizationId, member.userId)) ?? member;
}

/** What a membership says of its user's suspension is never applied, but a difference is worth a question (rule 7). */
function doubtSuspension(draft: Draft, said: MembershipSnapshot): void {
  const user = draft.users.get(said.userId);
  if (said.userSuspended === null || said.userSuspended === (user?.suspended ?? false)) return;
  if (user?.version != null && user.version.at >= said.version.at) return;
  draft.effects.push({ kind: 'lookup_user', userId: said.userId });
}
