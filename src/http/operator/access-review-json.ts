import type { ReviewedMember } from '../../pipeline/audit/review-access.ts';
import { instant } from '../json.ts';

/** A member in a review, as the interface and the commands tell it. */
export function reviewedJson(member: ReviewedMember) {
  return {
    user: member.userId,
    role: member.role,
    role_title: member.roleTitle,
    scopes: member.roles.flatMap(({ role, scope }) => (scope === null ? [] : [{ ...scope, role }])),
    since: instant(member.since),
    permissions: member.permissions,
    guest: member.guest,
    suspended: member.suspended,
  };
}
