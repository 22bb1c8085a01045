import { accessOf } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { InvitationSnapshot } from '../evidence.ts';
import type { InvitationFact, InvitationStatus } from '../facts.ts';
import { compareVersions } from '../version.ts';
import { type Verdict, verdict } from './context.ts';

/** Kept so that pending ones can be reviewed. An invitation gives no access: the membership that comes of it does. */
export function decideInvitation(draft: Draft, said: InvitationSnapshot): Verdict {
  const known = draft.invitations.get(said.id);
  const order = known === undefined ? 1 : compareInvitations(said, known);
  if (order <= 0) return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
  const { kind: _, ...invitation } = said;
  draft.invitations.put(said.id, {
    ...invitation,
    email: said.status === 'pending' ? said.email : null,
    inviterRole: known?.inviterRole ?? roleOfInviter(draft, said),
  });
  return verdict('applied', 'newer');
}

/** Of two that ended at one moment, the one that made a member counts. */
const ENDS: readonly InvitationStatus[] = ['pending', 'expired', 'revoked', 'accepted'];

/** What has ended is never pending again, whatever is told of it later; else the later version counts. */
function compareInvitations(a: InvitationSnapshot, b: InvitationFact): number {
  const ended = (status: InvitationStatus) => (status === 'pending' ? 0 : 1);
  return (
    ended(a.status) - ended(b.status) ||
    compareVersions(a.version, b.version) ||
    ENDS.indexOf(a.status) - ENDS.indexOf(b.status)
  );
}

/** What the inviter is when the invitation is heard of: whether they might invite is judged by that. */
function roleOfInviter(draft: Draft, { organizationId, inviterId }: InvitationSnapshot): string | null {
  return inviterId === null ? null : accessOf(draft, organizationId, inviterId).role;
}
