import type { Context } from 'hono';
import * as v from 'valibot';
import { readAsker } from '../asker.ts';
import { instant, rolesJson } from '../json.ts';
import type { Services } from '../services.ts';
import { cursorFrom, cursorTo } from './cursor.ts';
import { placeParameters, readPlace } from './place.ts';
import { identifier, limit, readQuery, user } from './query.ts';

export const parameters = {
  role: v.optional(identifier),
  ...placeParameters,
  limit,
  cursor: cursorFrom(v.strictTuple([v.literal('member'), user])),
};

/** `GET /v1/organizations/{organization}/members`: who belongs to it, page by page; in a role, in a resource. */
export async function listMembers(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { organization } = asker;
  const scope = readPlace(c, organization, query);
  if (scope instanceof Response) return scope;
  const page = await services.listing.listMembers({
    organizationId: organization,
    role: query.role ?? null,
    scope,
    after: query.cursor?.[1] ?? null,
    limit: query.limit,
  });
  return c.json({
    members: page.members.map(({ userId, role, roles, since, suspended }) => ({
      organization,
      user: userId,
      role,
      roles: rolesJson(organization, roles),
      since: instant(since),
      suspended,
    })),
    next: page.next === null ? null : cursorTo(['member', page.next]),
    revision: page.revision,
  });
}
