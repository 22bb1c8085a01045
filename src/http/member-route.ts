import type { Context } from 'hono';
import type { Grant } from '../domain/grant.ts';
import { isOrganizationId, isUserId, pairKey } from '../domain/ids.ts';
import { authenticate } from './bearer.ts';
import { failure } from './failure.ts';
import type { Services } from './services.ts';

/** `GET /v1/organizations/{organization}/members/{user}`: what one user may do in one organization now. */
export async function readMember(c: Context, services: Services): Promise<Response> {
  const token = authenticate(c.req.header('authorization'), services.readTokens);
  if (token === null) return failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' });
  const organization = c.req.param('organization');
  const user = c.req.param('user');
  if (!isOrganizationId(organization) || !isUserId(user)) return failure(c, 'invalid_identifier');
  if (token.organization !== null && token.organization !== organization) return failure(c, 'forbidden');

  const standing = await services.store.readStanding({
    members: [[organization, user]],
    agents: [],
    sessions: [],
  });
  const held = standing.members.get(pairKey(organization, user));
  return c.json({
    organization,
    user,
    member: held?.member ?? false,
    role: held?.role ?? null,
    roles: (held?.roles ?? []).map(({ role, scope }) => ({
      role,
      scope: scope ?? { type: 'organization', id: organization },
    })),
    permissions: (held?.grants ?? []).map(grantJson),
    cutoff: held?.cutoff == null ? null : new Date(held.cutoff).toISOString(),
    revision: standing.revision,
  });
}

/** A grant as readers see it: what does not limit it is left out. */
function grantJson({ permission, only, scope }: Grant): object {
  return { permission, ...(only === null ? {} : { only }), ...(scope === null ? {} : { scope }) };
}
