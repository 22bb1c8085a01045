import { type Access, accessOf, difference, gains, grantsOf } from '../access.ts';
import type { ChangeKind, Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type { MembershipAbsent, MembershipDeleted, MembershipSnapshot } from '../evidence.ts';
import type { MemberFact, MembershipFact } from '../facts.ts';
import { type MembershipId, type OrganizationId, pairKey, type UserId } from '../ids.ts';
import { createdLater, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { cutMember } from './cut.ts';
import { learnFromMembership } from './grants-evidence.ts';
import { holdSnapshot, isUnresolved, mergeSnapshot } from './merge-membership.ts';

/** How long before an answer a change may have happened that the answer does not show yet (rule 8). */
const ABSENCE_MARGIN_MS = 60_000;

export function decideMembership(draft: Draft, said: MembershipSnapshot, context: Context): Verdict {
  const known = draft.memberships.get(said.id) ?? unseen(said.id);
  if (known.organizationId !== null && known.organizationId !== said.organizationId) {
    return verdict('failed', 'identity_conflict');
  }
  if (known.userId !== null && known.userId !== said.userId) return verdict('failed', 'identity_conflict');

  learnFromMembership(draft, said, context);
  doubtSuspension(draft, said);

  const before = accessOf(draft, said.organizationId, said.userId);
  const previous = draft.members.get(pairKey(said.organizationId, said.userId));
  const identified = identify(known, said);
  const merged = mergeSnapshot(identified, said);
  draft.memberships.put(said.id, merged.row);
  const member = claimPair(draft, identified, said.organizationId, said.userId);
  const owns = member.membershipId === said.id;

  let row = merged.row;
  let reached = merged.verdict;
  if (context.late && gains(before, accessOf(draft, said.organizationId, said.userId))) {
    row = holdSnapshot(identified, said);
    draft.memberships.put(said.id, row);
    reached = verdict('held', 'late_gain');
  }
  if (reached.outcome === 'held') {
    draft.effects.push({
      kind: 'lookup_member',
      organizationId: said.organizationId,
      userId: said.userId,
    });
  }

  const cutoffs: (Cutoff | null)[] = [];
  const cut = (at: number, cause: 'removed' | 'reduced' | null) =>
    cutoffs.push(cutMember(draft, currentMember(draft, member), at, cause, context));
  const after = accessOf(draft, said.organizationId, said.userId);

  if (previous !== undefined && previous.membershipId !== member.membershipId && before.member) {
    cut(member.membershipCreatedAt, 'removed');
  } else if (losesAccess(before, after)) {
    cut(timeOf(row), 'reduced');
  }
  if (row.deletedAt !== null) {
    cut(owns ? row.deletedAt : Math.min(row.deletedAt, member.membershipCreatedAt), 'removed');
  } else if (
    owns &&
    known.version === null &&
    said.told !== 'created' &&
    said.version.updatedAt > said.createdAt
  ) {
    // First sight of somebody who was changed before: what they lost then is unknown.
    cut(timeOf(row), null);
  } else if (
    reached.outcome === 'stale' &&
    after.member &&
    difference(grantsOf(draft, said.role), after.permissions).length > 0
  ) {
    // A promotion that we had missed, or a life before this one: tokens from then carry more than is held now.
    cut(owns ? timeOf(row) : member.membershipCreatedAt, 'reduced');
  }
  if (owns) cutoffs.push(copyCutoffsOfLeftRoles(draft, known, row, currentMember(draft, member), context));

  recordMemberChange(draft, said, before, after, cutoffs, said.version.at);
  if (!owns && reached.outcome === 'applied') return verdict('stale', 'superseded');
  if (said.told === 'observed' && reached.outcome === 'stale' && isUnresolved(row)) {
    return verdict('held', 'contested');
  }
  return reached;
}

export function decideMembershipDeleted(draft: Draft, said: MembershipDeleted, context: Context): Verdict {
  const known = draft.memberships.get(said.id) ?? unseen(said.id);
  const identity = said.identity ?? identityOf(known);
  const deletedAt = latest(known.deletedAt, said.at);
  const row = { ...(said.identity === null ? known : identify(known, said.identity)), deletedAt };
  const before = identity === null ? null : accessOf(draft, identity.organizationId, identity.userId);
  draft.memberships.put(said.id, row);
  if (identity !== null && before !== null && deletedAt !== null) {
    const member = claimPair(draft, row, identity.organizationId, identity.userId);
    const owns = member.membershipId === said.id;
    const cutoff = cutMember(
      draft,
      member,
      owns ? deletedAt : Math.min(deletedAt, member.membershipCreatedAt),
      'removed',
      context,
    );
    const after = accessOf(draft, identity.organizationId, identity.userId);
    recordMemberChange(draft, identity, before, after, [cutoff], said.at);
    if (!owns) return verdict('stale', 'superseded');
  }
  return known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
}

export function decideMembershipAbsent(draft: Draft, said: MembershipAbsent, context: Context): Verdict {
  const member = draft.members.get(pairKey(said.organizationId, said.userId));
  const known = member === undefined ? undefined : draft.memberships.get(member.membershipId);
  if (member === undefined || known === undefined || known.deletedAt !== null) {
    return verdict('stale', 'already_known');
  }
  const absentAt = said.at - ABSENCE_MARGIN_MS;
  if (known.seenAt !== null && known.seenAt > absentAt) return verdict('held', 'changed_too_recently');
  const before = accessOf(draft, said.organizationId, said.userId);
  draft.memberships.put(known.id, { ...known, absentAt: latest(known.absentAt, absentAt) });
  const cutoff = before.member ? cutMember(draft, member, said.at, 'removed', context) : null;
  const after = accessOf(draft, said.organizationId, said.userId);
  recordMemberChange(draft, said, before, after, [cutoff], said.at);
  return verdict('applied', 'newer');
}

function unseen(id: MembershipId): MembershipFact {
  return {
    id,
    organizationId: null,
    userId: null,
    createdAt: null,
    role: null,
    ceiling: [],
    contested: false,
    version: null,
    effectiveAt: null,
    seenAt: null,
    absentAt: null,
    deletedAt: null,
  };
}

interface Identity {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  readonly createdAt: number;
}

function identify(known: MembershipFact, identity: Identity): MembershipFact & Identity {
  return {
    ...known,
    organizationId: identity.organizationId,
    userId: identity.userId,
    createdAt: Math.max(known.createdAt ?? identity.createdAt, identity.createdAt),
  };
}

function identityOf(known: MembershipFact): Identity | null {
  if (known.organizationId === null || known.userId === null || known.createdAt === null) return null;
  return { organizationId: known.organizationId, userId: known.userId, createdAt: known.createdAt };
}

/** Rule 2: the latest-created incarnation owns the pair, even when it is dead: its existence kills the earlier ones. */
function claimPair(
  draft: Draft,
  row: MembershipFact,
  organizationId: OrganizationId,
  userId: UserId,
): MemberFact {
  const key = pairKey(organizationId, userId);
  const held = draft.members.get(key);
  const createdAt = row.createdAt ?? 0;
  if (
    held !== undefined &&
    !createdLater({ createdAt, id: row.id }, { createdAt: held.membershipCreatedAt, id: held.membershipId })
  ) {
    return held;
  }
  const member: MemberFact = {
    organizationId,
    userId,
    membershipId: row.id,
    membershipCreatedAt: createdAt,
    cutoff: held?.cutoff ?? null,
    revocationAt: held?.revocationAt ?? null,
  };
  draft.members.put(key, member);
  return member;
}

function currentMember(draft: Draft, member: MemberFact): MemberFact {
  return draft.members.get(pairKey(member.organizationId, member.userId)) ?? member;
}

function timeOf(row: MembershipFact): number {
  return row.effectiveAt ?? row.version?.at ?? 0;
}

function losesAccess(before: Access, after: Access): boolean {
  return (before.member && !after.member) || difference(before.permissions, after.permissions).length > 0;
}

/**
 * A role's cutoff covers its holders; whoever leaves the role takes it along, or older tokens would pass again. What a
 * role grants of which nothing is known was lost on leaving it, for all that can be told.
 */
function copyCutoffsOfLeftRoles(
  draft: Draft,
  known: MembershipFact,
  row: MembershipFact,
  member: MemberFact,
  context: Context,
): Cutoff | null {
  const now = new Set([row.role, ...row.ceiling]);
  const left = [known.role, ...known.ceiling].filter((role) => role !== null && !now.has(role));
  const at = left.reduce<number | null>(
    (max, role) => latest(max, role === null ? null : cutoffOnLeaving(draft, role, row)),
    null,
  );
  return at === null ? null : cutMember(draft, member, at, null, context);
}

function cutoffOnLeaving(draft: Draft, role: string, row: MembershipFact): number | null {
  const key = draft.roleKeys.get(role);
  return key === undefined ? timeOf(row) : key.cutoff;
}

/** What a membership says of its user's suspension is never applied, but a difference is worth a question (rule 7). */
function doubtSuspension(draft: Draft, said: MembershipSnapshot): void {
  const user = draft.users.get(said.userId);
  if (said.userSuspended === null || said.userSuspended === (user?.suspended ?? false)) return;
  if (user?.version != null && user.version.at >= said.version.at) return;
  draft.effects.push({ kind: 'lookup_user', userId: said.userId });
}

function recordMemberChange(
  draft: Draft,
  pair: { readonly organizationId: OrganizationId; readonly userId: UserId },
  before: Access,
  after: Access,
  cutoffs: readonly (Cutoff | null)[],
  at: number,
): void {
  const cutoff = cutoffs.reduce<Cutoff | null>(
    (last, next) => (next !== null && (last === null || next.at > last.at) ? next : last),
    null,
  );
  const kind = changeKind(before, after) ?? (cutoff === null ? null : 'cut_off');
  if (kind === null) return;
  draft.changes.push({
    kind,
    organizationId: pair.organizationId,
    userId: pair.userId,
    role: after.role,
    permissions: after.permissions,
    cutoff,
    at,
  });
}

function changeKind(before: Access, after: Access): ChangeKind | null {
  if (before.member && !after.member) return 'removed';
  if (difference(before.permissions, after.permissions).length > 0) {
    return after.permissions.length === 0 ? 'withheld' : 'reduced';
  }
  return gains(before, after) || before.role !== after.role ? 'granted' : null;
}
