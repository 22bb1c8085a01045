import type { Context } from 'hono';
import type { Grant, Scope } from '../domain/grant.ts';
import type { OrganizationId } from '../domain/ids.ts';
import { failure } from './failure.ts';
import { readBody } from './read-body.ts';

/** Milliseconds as readers see them. */
export function instant(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** A grant as readers see it: what does not limit it is left out. */
export function grantJson({ permission, only, scope }: Grant): object {
  return { permission, ...(only === null ? {} : { only }), ...(scope === null ? {} : { scope }) };
}

/** Roles as readers see them: the organization is a scope like any other. */
export function rolesJson(
  organization: OrganizationId,
  roles: readonly { readonly role: string; readonly scope: Scope | null }[],
): object[] {
  return roles.map(({ role, scope }) => ({
    role,
    scope: scope ?? { type: 'organization', id: organization },
  }));
}

/** Levels: more than anything that is asked here has. `JSON.parse` takes a hundred thousand, and writing them overflows. */
const DEEPEST = 64;

/** Made once: to make one takes longer than to decode a question. It keeps nothing from one body to the next. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** The body of a request as JSON, or the answer that refuses it. With `orNothing` no body is an empty object. */
export async function readJson(
  c: Context,
  { orNothing = false }: { readonly orNothing?: boolean } = {},
): Promise<{ readonly body: unknown } | Response> {
  const named = /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
  if (!named && !orNothing) return failure(c, 'invalid_content_type');
  const bytes = await readBody(c.req.raw);
  if (typeof bytes === 'string') return failure(c, bytes);
  if (orNothing && bytes.byteLength === 0) return { body: {} };
  if (!named) return failure(c, 'invalid_content_type');
  try {
    const body: unknown = JSON.parse(UTF_8.decode(bytes));
    // Every body is an object. A schema of an object whose fields may all be left out takes a list for one.
    if (Array.isArray(body)) return failure(c, 'invalid_request');
    return isDeeperThan(DEEPEST, body) ? failure(c, 'invalid_body') : { body };
  } catch {
    return failure(c, 'invalid_body');
  }
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
