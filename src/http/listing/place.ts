import type { Context } from 'hono';
import * as v from 'valibot';
import type { Scope } from '../../domain/grant.ts';
import type { OrganizationId } from '../../domain/ids.ts';
import { identifier, refused } from './query.ts';

/** The parameters that name a resource: both or neither. */
export const placeParameters = { scope_type: v.optional(identifier), scope_id: v.optional(identifier) };

/**
 * The resource that the query names; null for the organization itself, which is also a scope as members' roles show it.
 */
export function readPlace(
  c: Context,
  organization: OrganizationId,
  {
    scope_type: type,
    scope_id: id,
  }: { readonly scope_type?: string | undefined; readonly scope_id?: string | undefined },
): Scope | null | Response {
  if (type === undefined && id === undefined) return null;
  if (type === undefined) return refused(c, 'scope_type', 'is missing');
  if (id === undefined) return refused(c, 'scope_id', 'is missing');
  if (type !== 'organization') return { type, id };
  return id === organization ? null : refused(c, 'scope_id', 'names another organization');
}
