import { invitationJson } from '../../http/listing/invitations-route.ts';
import { reviewedJson } from '../../http/operator/access-review-json.ts';
import type { AccessReview } from '../../pipeline/audit/review-access.ts';
import { csvLine } from '../csv.ts';
import { fail } from '../output.ts';
import type { LineFormat } from '../stream.ts';

const REVIEW_COLUMNS = [
  'type',
  'user',
  'email',
  'role',
  'role_title',
  'scopes',
  'since',
  'permissions',
  'guest',
  'suspended',
  'inviter',
  'inviter_is_member',
  'expires_at',
  'findings',
];

/** Each member and each invitation as a line, under a line of headings where it is CSV. */
export async function* reviewLines(
  pages: AsyncIterable<AccessReview>,
  { format, ...options }: { readonly json?: true; readonly format: LineFormat },
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const page of pages) {
    const lines = format === 'csv' ? reviewCsv(page) : reviewJsonl(page);
    if (isFirst && lines.length === 0 && page.name === null) {
      fail(options, ['nothing was ever told of that organization']);
    }
    if (isFirst && format === 'csv') yield csvLine(REVIEW_COLUMNS);
    yield* lines;
    isFirst = false;
  }
}

function reviewJsonl({ members, invitations }: AccessReview): string[] {
  return [
    ...members.map((member) => ({ type: 'member', ...reviewedJson(member) })),
    ...invitations.map((invitation) => ({ type: 'invitation', ...invitationJson(invitation) })),
  ].map((line) => `${JSON.stringify(line)}\n`);
}

function reviewCsv({ members, invitations }: AccessReview): string[] {
  return [
    ...members
      .map(reviewedJson)
      .map((member) =>
        csvLine([
          'member',
          member.user,
          null,
          member.role,
          member.role_title,
          member.scopes.map(({ type, id, role }) => `${type} ${id}: ${role}`).join('; '),
          member.since,
          member.permissions.join('; '),
          member.guest,
          member.suspended,
          null,
          null,
          null,
          null,
        ]),
      ),
    ...invitations
      .map(invitationJson)
      .map((invitation) =>
        csvLine([
          'invitation',
          null,
          invitation.email,
          invitation.role,
          null,
          invitation.scopes.map(({ role, scope }) => `${scope.type} ${scope.id}: ${role}`).join('; '),
          invitation.created_at,
          null,
          null,
          null,
          invitation.inviter,
          invitation.inviter_is_member,
          invitation.expires_at,
          invitation.findings.join('; '),
        ]),
      ),
  ];
}
