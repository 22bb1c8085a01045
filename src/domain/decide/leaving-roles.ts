import { derivedRole, holdingsOf, rolesIn } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { Holding, MemberFact, MembershipFact } from '../facts.ts';
import { pairKey } from '../ids.ts';
import { isHeardOf } from '../provided.ts';
import { providerCounts } from '../role-sets.ts';
import { timeOf } from './merge-membership.ts';

/**
 * A role's cutoff covers its holders; whoever leaves the role takes it along, or older tokens would pass again. What a
 * role grants of which nothing is known was lost on leaving it, for all that can be told: nor is anything known of one
 * that was held before the role that has its name now was created.
 */
export function cutoffsOnLeaving(
  draft: Draft,
  from: readonly Holding[],
  toldAt: number,
  row: MembershipFact,
): number[] {
  const held = holdingsOf(row).flatMap(rolesIn);
  const left = from.flatMap(rolesIn).filter((role) => !held.includes(role));
  return left.flatMap((role) => {
    const key = draft.roleKeys.get(role);
    const unheard = !isHeardOf(key) || (key.roleCreatedAt ?? 0) > toldAt;
    const unknown = unheard && providerCounts(draft, role) && from.some((one) => one.role === role);
    return unknown ? timeOf(row) : (key?.cutoff ?? []);
  });
}

/** What of it is held no more. A first member's own role gave them nothing. */
export function rememberLeft(
  draft: Draft,
  member: MemberFact,
  held: readonly Holding[],
  row: MembershipFact,
): void {
  const derived = derivedRole(draft, member);
  const rolesOf = (holding: Holding) => rolesIn({ ...holding, role: derived ?? holding.role });
  const holds = holdingsOf(row).flatMap(rolesOf);
  const gone = held.flatMap(rolesOf).filter((role) => !holds.includes(role));
  const at = timeOf(row);
  const later = gone.filter((role) => (member.left[role] ?? 0) < at);
  if (later.length === 0) return;
  const left = { ...member.left, ...Object.fromEntries(later.map((role) => [role, at])) };
  draft.members.put(pairKey(member.organizationId, member.userId), { ...member, left });
}
