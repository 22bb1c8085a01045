import { type Access, gains } from '../access.ts';
import type { ChangeKind, Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type { OrganizationId, UserId } from '../ids.ts';
import { difference } from '../sets.ts';

/** Writes down what a member gained or lost, with the latest of the cutoffs that came of it. */
export function recordMemberChange(
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
    agentId: null,
    role: after.role,
    permissions: after.permissions,
    details: after.basis,
    cutoff,
    at,
  });
}

function changeKind(before: Access, after: Access): ChangeKind | null {
  if (before.member && !after.member) return 'removed';
  if (difference(before.permissions, after.permissions).length > 0) {
    return after.permissions.length === 0 ? 'withheld' : 'reduced';
  }
  if (gains(before, after) || before.role !== after.role) return 'granted';
  // Nothing moved yet, but roles and features that change later will not mean the same to this member.
  if (JSON.stringify(before.basis) === JSON.stringify(after.basis)) return null;
  return after.basis.contested === true || after.basis.waiting !== undefined ? 'withheld' : 'granted';
}
