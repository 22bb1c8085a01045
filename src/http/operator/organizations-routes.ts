import type { Context } from 'hono';
import * as v from 'valibot';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { identifier, limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';

/** The beginning of an id or of a name: anything on one line that a database can keep. */
const beginning = v.pipe(v.string(), v.trim(), v.maxLength(200), v.regex(/^[^\p{Cc}\p{Cs}]*$/u));

export const parameters = {
  query: v.optional(beginning, ''),
  limit,
  cursor: cursorFrom(v.strictTuple([v.picklist(['id', 'name']), identifier])),
};

/** `GET /operator/v1/organizations`: those whose id or name begins so. */
export async function listOrganizations(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const { cursor } = query;
  const { organizations, next } = await services.audit.listOrganizations({
    query: query.query,
    after: cursor === undefined ? null : { byName: cursor[0] === 'name', id: cursor[1] },
    limit: query.limit,
  });
  return c.json({
    organizations: organizations.map(({ organizationId, name, members, more }) => ({
      organization: organizationId,
      name,
      members,
      more_members: more,
    })),
    next: next === null ? null : cursorTo([next.byName ? 'name' : 'id', next.id]),
  });
}
