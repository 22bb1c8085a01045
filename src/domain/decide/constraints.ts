import { type Access, accessOf, firstMembers } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { OrganizationId, UserId } from '../ids.ts';
import type { Context } from './context.ts';
import { cutMember } from './cut.ts';
import { recordMemberChange } from './membership-change.ts';
import { unseenOrganization } from './organization.ts';

/**
 * Looks at the first members of an organization before its pairs move. To be called again afterwards: whoever is not
 * among them any more, because somebody who joined earlier was heard of later, has lost the role that came with it.
 */
export function watchFirstMembers(
  draft: Draft,
  { organizationId, userId }: { readonly organizationId: OrganizationId; readonly userId: UserId },
): (at: number, context: Context) => void {
  const before = firstMembers(draft, organizationId).map((member) => ({
    member,
    access: accessOf(draft, organizationId, member.userId),
  }));
  return (at, context) => {
    const now = new Set(firstMembers(draft, organizationId).map((member) => member.userId));
    const was = new Set(before.map(({ member }) => member.userId));
    if (now.size === was.size && [...now].every((one) => was.has(one))) return;
    // Two who join at once must not both be the third: every commit that moves the first ones writes this row.
    const known = draft.organizations.get(organizationId);
    draft.organizations.put(organizationId, { ...(known ?? unseenOrganization(organizationId)) });
    for (const { member, access } of before) {
      if (now.has(member.userId) || member.userId === userId || !access.member) continue;
      const after = accessOf(draft, organizationId, member.userId);
      recordMemberChange(
        draft,
        member,
        access,
        after,
        [cutMember(draft, member, at, 'reduced', context)],
        at,
      );
    }
  };
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
