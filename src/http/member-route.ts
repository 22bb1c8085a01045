import type { Context } from 'hono';
import { isUserId, type OrganizationId, pairKey, type UserId } from '../domain/ids.ts';
import type { Standing } from '../pipeline/ports.ts';
import { readAsker } from './asker.ts';
import { failure } from './failure.ts';
import { grantJson, instant, rolesJson } from './json.ts';
import type { Services } from './services.ts';

/** `GET /v1/organizations/{organization}/members/{user}`: what one user may do in one organization now. */
export async function readMember(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const { organization } = asker;
  const user = c.req.param('user');
  if (!isUserId(user)) return failure(c, 'invalid_identifier');

  const { store, listing, clock } = services;
  const [standing, pending] = await Promise.all([
    store.readStanding({ members: [[organization, user]], agents: [], sessions: [] }),
    listing.countPendingInvitations({ organizationId: organization, userId: user, now: clock.now() }),
  ]);
  // Whoever removes somebody sees here that invitations of theirs are still out.
  return c.json({ ...memberJson(organization, user, standing), pending_invitations: pending });
}

export function memberJson(organization: OrganizationId, user: UserId, standing: Standing): object {
  const held = standing.members.get(pairKey(organization, user));
  return {
    organization,
    user,
    member: held?.member ?? false,
    role: held?.role ?? null,
    roles: rolesJson(organization, held?.roles ?? []),
    permissions: (held?.grants ?? []).map(grantJson),
    cutoff: instant(held?.cutoff ?? null),
    revision: standing.revision,
  };
}
