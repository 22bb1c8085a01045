import type { Context } from 'hono';
import * as v from 'valibot';
import { assignableRoles } from '../../pipeline/assignable-roles.ts';
import { readAsker } from '../asker.ts';
import type { Services } from '../services.ts';
import { placeParameters, readPlace } from './place.ts';
import { readQuery, user } from './query.ts';

export const parameters = { actor: user, target: v.optional(user), ...placeParameters };

/**
 * `GET /v1/organizations/{organization}/assignable-roles`: in which roles the actor may invite somebody, to which they
 * may change the target, and whether they may remove them; there, or in one resource.
 */
export async function readAssignableRoles(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { organization } = asker;
  const scope = readPlace(c, organization, query);
  if (scope instanceof Response) return scope;
  const { actor, target = null } = query;
  const { invite, change, remove, revision } = await assignableRoles(services.listing, {
    organizationId: organization,
    actor,
    target,
    scope,
  });
  return c.json({ invite, change, remove, revision });
}
