import { accessOf } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { MembershipAbsent, MembershipDeleted } from '../evidence.ts';
import { pairKey } from '../ids.ts';
import { latest } from '../version.ts';
import { oweConstraintChecks, watchFirstMembers } from './constraints.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { cutMember } from './cut.ts';
import { recordMemberChange } from './membership-change.ts';
import { claimPair, identify, identityOf, unseenMembership } from './pair.ts';

/** How long before an answer a change may have happened that the answer does not show yet (rule 8). */
const ABSENCE_MARGIN_MS = 60_000;

/** Rule 3: final for this id, and only for it. */
export function decideMembershipDeleted(draft: Draft, said: MembershipDeleted, context: Context): Verdict {
  const known = draft.memberships.get(said.id) ?? unseenMembership(said.id);
  const reached = known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
  const deletedAt = Math.max(known.deletedAt ?? said.at, said.at);
  const identity = said.identity ?? identityOf(known);
  if (identity === null) {
    draft.memberships.put(said.id, { ...known, deletedAt });
    return reached;
  }
  const before = accessOf(draft, identity.organizationId, identity.userId);
  const moveFirst = watchFirstMembers(draft, identity);
  const row = { ...identify(known, identity), deletedAt };
  draft.memberships.put(said.id, row);
  const member = claimPair(draft, row);
  const owns = member.membershipId === said.id;
  const at = owns ? deletedAt : Math.min(deletedAt, member.membershipCreatedAt);
  const cutoff = cutMember(draft, member, at, 'removed', context);
  const after = accessOf(draft, identity.organizationId, identity.userId);
  recordMemberChange(draft, identity, before, after, [cutoff], said.at);
  moveFirst(said.at, context);
  oweConstraintChecks(draft, identity.organizationId, before, after);
  return owns ? reached : verdict('stale', 'superseded');
}

/** Rule 8: presumed, and only of what did not change shortly before the answer. */
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
  const gone = before.member || known.absentAt === null;
  const cutoff = gone ? cutMember(draft, member, said.at, 'removed', context) : null;
  const after = accessOf(draft, said.organizationId, said.userId);
  recordMemberChange(draft, said, before, after, [cutoff], said.at);
  oweConstraintChecks(draft, said.organizationId, before, after);
  return verdict('applied', 'newer');
}
