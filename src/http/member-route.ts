import type { Context } from 'hono';
import type { Grant } from '../domain/grant.ts';
import { isUserId, pairKey } from '../domain/ids.ts';
import { readAsker } from './asker.ts';
import { failure } from './failure.ts';
import { instant, rolesJson } from './json.ts';
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
  const held = standing.members.get(pairKey(organization, user));
  return c.json({
    organization,
    user,
    member: held?.member ?? false,
    role: held?.role ?? null,
    roles: rolesJson(organization, held?.roles ?? []),
    permissions: (held?.grants ?? []).map(grantJson),
    cutoff: instant(held?.cutoff ?? null),
    // Whoever removes somebody sees here that invitations of theirs are still out.
    pending_invitations: pending,
    revision: standing.revision,
  });
}

/** A grant as readers see it: what does not limit it is left out. */
function grantJson({ permission, only, scope }: Grant): object {
  return { permission, ...(only === null ? {} : { only }), ...(scope === null ? {} : { scope }) };
}
