import type { Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import { type LossCause, revocationOwed } from '../effects.ts';
import type { MemberFact } from '../facts.ts';
import { pairKey } from '../ids.ts';
import { latest } from '../version.ts';
import type { Context } from './context.ts';

/**
 * Refuses the member's tokens up to `at`, and owes the revocation that `cause` demands unless one for this time is
 * owed already. Null when nothing moved.
 */
export function cutMember(
  draft: Draft,
  member: MemberFact,
  at: number,
  cause: LossCause | null,
  context: Context,
): Cutoff | null {
  const revocation =
    cause === null || (member.revocationAt !== null && member.revocationAt >= at)
      ? null
      : revocationOwed(member.userId, at, cause, context.consequences);
  const moved = member.cutoff === null || at > member.cutoff;
  if (!moved && revocation === null) return null;
  draft.members.put(pairKey(member.organizationId, member.userId), {
    ...member,
    cutoff: latest(member.cutoff, at),
    revocationAt: revocation === null ? member.revocationAt : at,
  });
  if (revocation !== null) draft.effects.push(revocation);
  return moved
    ? { of: 'member', id: `${member.organizationId}/${member.userId}`, at, notBeforeCommit: false }
    : null;
}
