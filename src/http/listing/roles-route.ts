import type { Context } from 'hono';
import { describeRoles } from '../../pipeline/describe-roles.ts';
import { readToken } from '../asker.ts';
import type { Services } from '../services.ts';
import { readQuery } from './query.ts';

/** `GET /v1/roles`: every role, what it is called and grants. They are those of all organizations. */
export async function readRoles(c: Context, services: Services): Promise<Response> {
  const token = readToken(c, services);
  if (token instanceof Response) return token;
  const query = readQuery(c, {});
  return query instanceof Response ? query : c.json(await describeRoles(services.listing));
}
