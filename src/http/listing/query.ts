import type { Context } from 'hono';
import * as v from 'valibot';
import {
  isIdentifier,
  isOrganizationId,
  isUserId,
  type OrganizationId,
  type UserId,
} from '../../domain/ids.ts';
import { failure } from '../failure.ts';

type Parameters = Readonly<Record<string, v.GenericSchema<string | undefined, unknown>>>;

/** The query as `parameters` describe it, or the answer that names the first parameter that is not as it has to be. */
export function readQuery<const Known extends Parameters>(
  c: Context,
  parameters: Known,
): v.InferOutput<v.ObjectSchema<Known, undefined>> | Response {
  const given = new URL(c.req.url).searchParams;
  const names = [...given.keys()];
  // `Object.hasOwn`: a parameter called "constructor" is not one of ours.
  const unknown = names.find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) return refused(c, unknown, 'is not known here');
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return refused(c, repeated, 'is given more than once');
  const read = v.safeParse(v.object(parameters), Object.fromEntries(given));
  if (read.success) return read.output;
  const name = String(read.issues[0].path?.[0].key);
  return refused(c, name, given.has(name) ? 'is malformed' : 'is missing');
}

/** The answer to a parameter that cannot be used. A name is told back when it looks like one. */
export function refused(c: Context, parameter: string, how: string): Response {
  const named = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(parameter);
  const words = named ? `The query parameter "${parameter}" ${how}.` : `A query parameter ${how}.`;
  return failure(c, 'invalid_parameter', {}, words);
}

export const identifier = v.custom<string>(isIdentifier);
export const user = v.custom<UserId>(isUserId);
export const organization = v.custom<OrganizationId>(isOrganizationId);

/** How many entries a page may hold. */
export const limit = v.optional(
  v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,2}$/), v.transform(Number), v.maxValue(500)),
  '100',
);
