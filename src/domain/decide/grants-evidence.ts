import type { Draft } from '../draft.ts';
import type { MembershipSnapshot } from '../evidence.ts';
import { definitionOf, isHeardOf } from '../provided.ts';
import { difference, intersection, permissionSet } from '../sets.ts';
import type { Context } from './context.ts';
import { cutLostSince, putProvided, unheardKey } from './role-keys.ts';

/**
 * Rule 6: a membership's `permissions[]` seeds a role never heard of; after that a newer list may only reduce, and
 * any difference is a question for the provider. A late list seeds nothing: it would be a gain (rule 5).
 */
export function learnFromMembership(draft: Draft, said: MembershipSnapshot, context: Context): void {
  const key = draft.roleKeys.get(said.role);
  // Another policy may cut off all who hold it, whatever it grants: then it has to be there.
  if (key === undefined) draft.roleKeys.put(said.role, unheardKey(said.role));
  const { at, updatedAt } = said.version;
  // An event lists what was true when it came about; its envelope may be stamped a little later.
  const listedAt = said.told === 'observed' ? at : updatedAt;
  if (!isHeardOf(key)) draft.effects.push({ kind: 'lookup_roles' });
  if (said.permissions === null) return;
  const listed = permissionSet(said.permissions);
  const living = listed.filter((permission) => draft.permissionKeys.get(permission)?.deletedAt == null);
  if (!isHeardOf(key)) {
    if (context.late) return;
    putProvided(draft, { ...(key ?? unheardKey(said.role)), bound: living, boundAt: at }, living, at);
    cutLostSince(draft, said.role, listed, at, (definition) => definition.at > listedAt);
    return;
  }
  const toldAt = definitionOf(draft, key.roleId).at ?? key.boundAt;
  if (toldAt === null || at > toldAt) {
    const missing = difference(key.provided, living);
    if (missing.length > 0) {
      const bound = intersection(key.provided, living);
      putProvided(draft, { ...key, bound, boundAt: Math.max(key.boundAt ?? at, at) }, bound, at);
    }
    if (missing.length > 0 || difference(living, key.provided).length > 0) {
      draft.effects.push({ kind: 'lookup_roles' });
    }
  }
  cutLostSince(draft, said.role, listed, at, (definition) => definition.at > listedAt);
}
