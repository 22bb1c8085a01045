import type { Context } from 'hono';
import { isOrganizationId, type OrganizationId } from '../domain/ids.ts';
import { type AccessToken, authenticate } from './bearer.ts';
import { failure } from './failure.ts';
import type { Services } from './services.ts';

/** An app that proved who it is, and the organization of the path, about which it may ask. */
export interface Asker {
  readonly token: AccessToken;
  readonly organization: OrganizationId;
}

/** Who asks, or the answer that refuses them. It looks at nothing else: strangers learn nothing of what they sent. */
export function readToken(c: Context, { readTokens }: Pick<Services, 'readTokens'>): AccessToken | Response {
  const token = authenticate(c.req.header('authorization'), readTokens);
  return token ?? failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' });
}

/** Who asks about which organization, or the answer that refuses them. */
export function readAsker(c: Context, services: Pick<Services, 'readTokens'>): Asker | Response {
  const token = readToken(c, services);
  if (token instanceof Response) return token;
  const organization = c.req.param('organization');
  if (!isOrganizationId(organization)) return failure(c, 'invalid_identifier');
  if (token.organization !== null && token.organization !== organization) return failure(c, 'forbidden');
  return { token, organization };
}
