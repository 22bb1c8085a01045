import { definitionOf, difference, intersection, permissionSet } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { MembershipSnapshot } from '../evidence.ts';
import type { Context } from './context.ts';
import { rederive } from './role-keys.ts';

/**
 * Rule 6: a membership's `permissions[]` seeds a role never heard of; after that a newer list may only reduce, and
 * any difference is a question for the provider. A late list seeds nothing: it would be a gain (rule 5).
 */
export function learnFromMembership(draft: Draft, said: MembershipSnapshot, context: Context): void {
  const key = draft.roleKeys.get(said.role);
  const at = said.version.at;
  if (key === undefined) {
    draft.effects.push({ kind: 'lookup_roles' });
    if (said.permissions === null || context.late) return;
    const seed = { key: said.role, roleId: null, roleCreatedAt: null, grants: [], cutoff: null };
    rederive(draft, { ...seed, bound: permissionSet(said.permissions), boundAt: at }, at);
    return;
  }
  if (said.permissions === null) return;
  const toldAt = definitionOf(draft, key.roleId).at ?? key.boundAt;
  if (toldAt !== null && at <= toldAt) return;
  const told = permissionSet(said.permissions).filter(
    (permission) => draft.permissionKeys.get(permission)?.deletedAt == null,
  );
  const missing = difference(key.grants, told);
  if (missing.length > 0) {
    const boundAt = Math.max(key.boundAt ?? at, at);
    rederive(draft, { ...key, bound: intersection(key.grants, told), boundAt }, at);
  }
  if (missing.length > 0 || difference(told, key.grants).length > 0) {
    draft.effects.push({ kind: 'lookup_roles' });
  }
}
