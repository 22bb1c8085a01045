import type { Context } from 'hono';
import { isOrganizationId, isUserId } from '../domain/ids.ts';
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

  const { revision, member, cutoff } = await services.store.readMember(organization, user);
  return c.json({
    organization,
    user,
    member: member !== null,
    role: member?.role ?? null,
    roles: member === null ? [] : [{ role: member.role, scope: { type: 'organization', id: organization } }],
    permissions: (member?.permissions ?? []).map((permission) => ({ permission })),
    cutoff: cutoff === null ? null : new Date(cutoff).toISOString(),
    revision,
  });
}
