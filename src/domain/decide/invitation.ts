import { accessOf } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { InvitationSnapshot } from '../evidence.ts';
import { compareVersions } from '../version.ts';
import { type Verdict, verdict } from './context.ts';

/** Kept so that pending ones can be reviewed. An invitation gives no access: the membership that comes of it does. */
export function decideInvitation(draft: Draft, said: InvitationSnapshot): Verdict {
  const known = draft.invitations.get(said.id);
  const order = known === undefined ? 1 : compareVersions(said.version, known.version);
  // Nothing is pending again once it has ended, whatever two events of one moment say.
  const ends = order === 0 && known?.status === 'pending' && said.status !== 'pending';
  if (order <= 0 && !ends) return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
  const ended = known !== undefined && known.status !== 'pending';
  const status = ended && said.status === 'pending' ? known.status : said.status;
  const { kind: _, ...invitation } = said;
  draft.invitations.put(said.id, {
    ...invitation,
    email: status === 'pending' ? said.email : null,
    status,
    inviterRole: known?.inviterRole ?? roleOfInviter(draft, said),
  });
  return verdict('applied', 'newer');
}

/** What the inviter is when the invitation is heard of: whether they might invite is judged by that. */
function roleOfInviter(draft: Draft, { organizationId, inviterId }: InvitationSnapshot): string | null {
  return inviterId === null ? null : accessOf(draft, organizationId, inviterId).role;
}
