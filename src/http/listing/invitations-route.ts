import type { Context } from 'hono';
import * as v from 'valibot';
import type { ListedInvitation } from '../../pipeline/ports.ts';
import { readAsker } from '../asker.ts';
import { instant } from '../json.ts';
import type { Services } from '../services.ts';
import { cursorFrom, cursorTo } from './cursor.ts';
import { identifier, limit, readQuery, user } from './query.ts';

const position = v.strictTuple([
  v.literal('invitation'),
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  identifier,
]);

export const parameters = {
  status: v.optional(v.picklist(['pending', 'all']), 'pending'),
  inviter: v.optional(user),
  limit,
  cursor: cursorFrom(position),
};

/**
 * `GET /v1/organizations/{organization}/invitations`, newest first: what can still be accepted, or all there were. By
 * inviter: what a member who left has left behind.
 */
export async function listInvitations(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { cursor } = query;
  const { invitations, next, revision } = await services.listing.listInvitations({
    organizationId: asker.organization,
    status: query.status,
    inviter: query.inviter ?? null,
    now: services.clock.now(),
    after: cursor === undefined ? null : { createdAt: cursor[1], id: cursor[2] },
    limit: query.limit,
  });
  return c.json({
    invitations: invitations.map(invitationJson),
    next: next === null ? null : cursorTo(['invitation', next.createdAt, next.id]),
    revision,
  });
}

/** An invitation, as apps and operators are told it. */
export function invitationJson(invitation: ListedInvitation) {
  const { id, email, role, scopes, inviterId, inviterRole, inviterIsMember, status } = invitation;
  const left = status === 'pending' && inviterId !== null && !inviterIsMember;
  return {
    id,
    email,
    role,
    scopes,
    inviter: inviterId,
    inviter_role: inviterRole,
    inviter_is_member: inviterIsMember,
    status,
    created_at: instant(invitation.createdAt),
    expires_at: instant(invitation.expiresAt),
    findings: [
      ...(invitation.mayNotInvite ? ['inviter_may_not_invite'] : []),
      ...(left ? ['inviter_left'] : []),
    ],
  };
}
