import { definitionOf, difference, intersection, permissionSet } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { MembershipSnapshot } from '../evidence.ts';
import type { Context } from './context.ts';
import { cutLostSince, putGrants } from './role-keys.ts';

/**
 * Rule 6: a membership's `permissions[]` seeds a role never heard of; after that a newer list may only reduce, and
 * any difference is a question for the provider. A late list seeds nothing: it would be a gain (rule 5).
 */
export function learnFromMembership(draft: Draft, said: MembershipSnapshot, context: Context): void {
  const key = draft.roleKeys.get(said.role);
  const { at, updatedAt } = said.version;
  // An event lists what was true when it came about; its envelope may be stamped a little later.
  const listedAt = said.told === 'observed' ? at : updatedAt;
  if (key === undefined) draft.effects.push({ kind: 'lookup_roles' });
  if (said.permissions === null) return;
  const listed = permissionSet(said.permissions);
  const living = listed.filter((permission) => draft.permissionKeys.get(permission)?.deletedAt == null);
  if (key === undefined) {
    if (context.late) return;
    const seed = { key: said.role, roleId: null, roleCreatedAt: null, grants: [], cutoff: null };
    putGrants(draft, { ...seed, bound: living, boundAt: at }, living, at);
    cutLostSince(draft, said.role, listed, at, (definition) => definition.at > listedAt);
    return;
  }
  const toldAt = definitionOf(draft, key.roleId).at ?? key.boundAt;
  if (toldAt === null || at > toldAt) {
    const missing = difference(key.grants, living);
    if (missing.length > 0) {
      const bound = intersection(key.grants, living);
      putGrants(draft, { ...key, bound, boundAt: Math.max(key.boundAt ?? at, at) }, bound, at);
    }
    if (missing.length > 0 || difference(living, key.grants).length > 0) {
      draft.effects.push({ kind: 'lookup_roles' });
    }
  }
  cutLostSince(draft, said.role, listed, at, (definition) => definition.at > listedAt);
}
