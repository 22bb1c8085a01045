import type { Context } from 'hono';
import { isOrganizationId } from '../../domain/ids.ts';
import { failure } from '../failure.ts';
import { readQuery } from '../listing/query.ts';
import { memberJson } from '../member-route.ts';
import type { Services } from '../services.ts';
import { readCaller, refusedFor } from './caller.ts';
import { allowOrigin } from './cors.ts';

/** `GET /v1/me/organizations/{organization}`: what whoever shows the session token may do there now. */
export async function readMyOrganization(c: Context, services: Services): Promise<Response> {
  allowOrigin(c, services);
  const caller = await readCaller(c, services);
  if (caller instanceof Response) return caller;
  const organization = c.req.param('organization');
  if (!isOrganizationId(organization)) return failure(c, 'invalid_identifier');
  // As in the guard: a token speaks of the organization that is active in it, and of no other.
  if (caller.organizationId !== organization) {
    return failure(c, 'forbidden', {}, 'This session token is of another organization, or of none.');
  }
  const query = readQuery(c, {});
  if (query instanceof Response) return query;
  const { store, feedStore } = services;
  const [session, standing] = await Promise.all([
    feedStore.readSession(caller),
    store.readStanding({ members: [[organization, caller.userId]], agents: [], sessions: [] }),
  ]);
  return refusedFor(c, caller, session) ?? c.json(memberJson(organization, caller.userId, standing));
}
