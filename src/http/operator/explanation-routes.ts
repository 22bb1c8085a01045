import type { Context } from 'hono';
import * as v from 'valibot';
import { explainAccess } from '../../pipeline/operators/explain-access.ts';
import { organization, readQuery, user } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';
import { explanationJson } from './explanation-json.ts';

/** As policies and the provider name permissions: one word. */
export const permissionName = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/));

export const parameters = {
  user,
  organization,
  permission: v.optional(permissionName),
};

/** `GET /operator/v1/explanations`: why somebody may or may not, down to the delivery that caused it. */
export async function explainOne(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const question = {
    organizationId: query.organization,
    userId: query.user,
    permission: query.permission ?? null,
  };
  return c.json(explanationJson(question, await explainAccess(services, question)));
}
