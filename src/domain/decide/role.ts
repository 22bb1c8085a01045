import type { Draft } from '../draft.ts';
import type { RoleDeleted, RoleSnapshot } from '../evidence.ts';
import type { RoleFact } from '../facts.ts';
import { definitionOf, deriveProvided, isHeardOf } from '../provided.ts';
import { losesAny, roleSets } from '../role-sets.ts';
import { difference, intersection, permissionSet, sameSet } from '../sets.ts';
import { compareVersions, latest, type Version } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { claimPermission, meantToday } from './permission.ts';
import {
  claimRoleKey,
  cutKey,
  cutLostSince,
  cutRole,
  keysOf,
  putProvided,
  rederiveAll,
  unheardKey,
} from './role-keys.ts';

export function decideRole(draft: Draft, said: RoleSnapshot, context: Context): Verdict {
  const learnt = said.permissions.map((permission) => claimPermission(draft, permission, context));
  const told = meantToday(draft, said.permissions);
  const known = draft.roles.get(said.id) ?? unseen(said.id);
  const createdAt = Math.max(known.createdAt ?? said.createdAt, said.createdAt);
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  const newer = order > 0;
  const same = sameSet(told, known.permissions) && said.key === known.key;
  const disputed = known.deletedAt === null && order === 0 && !same;
  const row: RoleFact = newer
    ? {
        ...known,
        key: said.key,
        name: said.name,
        description: said.description,
        permissions: told,
        createdAt,
        version: said.version,
      }
    : {
        ...known,
        key: known.key ?? said.key,
        // Tokens may carry either: both are kept, and bounded to what they have in common.
        permissions: disputed ? permissionSet([...known.permissions, ...told]) : known.permissions,
        createdAt,
      };
  const unheard = !isHeardOf(draft.roleKeys.get(said.key));
  // A name that waits goes on waiting, however often the same late news is told.
  const unnamed = takeName(draft, known, row, said.key, context.late && (order >= 0 || known.key === null));

  const { at } = said.version;
  const heldBack = rederiveKeysOf(
    draft,
    said.id,
    disputed ? intersection(known.permissions, told) : null,
    at,
    context,
  );
  rederiveAll(draft, at);
  for (const key of keysOf(draft, said.id)) {
    // Tokens carry a definition whether it was believed here or not.
    if (newer && difference(known.permissions, key.provided).length > 0) cutRole(draft, key.key, at);
    if (disputed) cutRole(draft, key.key, at);
    if (known.version === null && said.told !== 'created' && said.version.updatedAt > said.createdAt) {
      // First sight of a role that was changed before: what its holders lost then is unknown.
      cutRole(draft, key.key, said.told === 'observed' ? said.version.updatedAt : at);
    }
  }
  if (!unnamed) cutRenamed(draft, said.id, [known.key, said.key]);
  // Whoever was told to hold the name before had another role, of which nothing is known.
  if (unheard && known.key !== null && known.key !== said.key) cutRole(draft, said.key, at);
  const carried = permissionSet(said.permissions.map((permission) => permission.key));
  const isNewer = (definition: Version) => compareVersions(said.version, definition) < 0;
  // Members who are not told of anew hold a renamed role by the names it had: what it was told to grant, they had.
  const names = new Set([said.key, ...keysOf(draft, said.id).map(({ key }) => key)]);
  for (const name of names) cutLostSince(draft, name, carried, at, isNewer);

  if (heldBack || unnamed || learnt.includes('withheld')) {
    draft.effects.push({ kind: 'lookup_roles' });
    return verdict('held', disputed ? 'contested' : 'late_gain');
  }
  if (known.deletedAt !== null) return verdict('stale', 'deleted_before');
  if (isBounded(draft, said.id)) {
    // What is not newer than the bound cannot lift it: the provider is asked, or asked again.
    if (said.told === 'observed') return verdict('held', 'changed_too_recently');
    if (newer) draft.effects.push({ kind: 'lookup_roles' });
  }
  if (newer) return verdict('applied', 'newer');
  return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
}

/** A role that is known by its key alone, from memberships, cannot be told from the one that was deleted: ask. */
export function decideRoleDeleted(draft: Draft, said: RoleDeleted): Verdict {
  const known = draft.roles.get(said.id) ?? unseen(said.id);
  draft.roles.put(said.id, { ...known, deletedAt: latest(known.deletedAt, said.at) });
  for (const key of keysOf(draft, said.id)) {
    putProvided(draft, key, deriveProvided(draft, key), said.at);
    // To a policy its name said what it granted, and a name that was told late is remembered by nobody.
    if (draft.policy !== null || known.permissions.length > 0) cutKey(draft, key.key, said.at);
  }
  if (known.key === null) draft.effects.push({ kind: 'lookup_roles' });
  return known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
}

/**
 * Writes the role and gives it its key. To a policy its name says what it grants: where late news of the name would give
 * a holder something, the name waits for an answer, and the keys stay whose they were. True when it does.
 */
function takeName(draft: Draft, known: RoleFact, row: RoleFact, name: string, late: boolean): boolean {
  const keys = new Set([...keysOf(draft, row.id).map(({ key }) => key), name]);
  const before = [...keys].map((key) => draft.roleKeys.get(key) ?? unheardKey(key));
  draft.roles.put(row.id, row);
  claimRoleKey(draft, row, name);
  if (!late) return false;
  const gains = before.some((was) => {
    const roleId = draft.roleKeys.get(was.key)?.roleId ?? null;
    return losesAny(roleSets(draft, { key: was.key, roleId }, was.provided), was);
  });
  if (!gains) return false;
  draft.roles.put(row.id, { ...row, key: known.key });
  for (const was of before) draft.roleKeys.put(was.key, was);
  return true;
}

/**
 * A role that had one of these names before its present one. Members who are told of by the new name alone, and are as
 * they were before it, lost what the policy grants by the old one, when the role was renamed at the latest.
 */
function cutRenamed(draft: Draft, id: string, names: readonly (string | null)[]): void {
  const row = draft.roles.get(id);
  if (row === undefined || row.key === null || row.version === null) return;
  const by = (name: string) => roleSets(draft, { key: name, roleId: null }, []);
  const present = by(row.key);
  if (!names.some((name) => name !== null && losesAny(by(name), present))) return;
  for (const { key } of keysOf(draft, id)) cutKey(draft, key, row.version.at);
}

/**
 * What the keys of a role grant from now on. What late news would add to them, and what two definitions of one version
 * disagree about, waits for an answer: true when something does.
 */
function rederiveKeysOf(
  draft: Draft,
  roleId: string,
  /** What two definitions have in common; null where there is one. */
  common: readonly string[] | null,
  at: number,
  context: Context,
): boolean {
  let heldBack = false;
  for (const key of keysOf(draft, roleId)) {
    const provided = deriveProvided(draft, key);
    const late = context.late && difference(provided, key.provided).length > 0;
    if (!late && common === null) {
      putProvided(draft, key, provided, at);
      continue;
    }
    const bound = intersection(late ? key.provided : provided, common ?? provided);
    const boundAt = Math.max(key.boundAt ?? at, definitionOf(draft, roleId).at ?? at, at);
    putProvided(draft, { ...key, bound, boundAt }, bound, at);
    heldBack = true;
  }
  return heldBack;
}

/** Whether a key of the role grants less than its definition says, until the provider is heard. */
export function isBounded(draft: Draft, roleId: string): boolean {
  const unbounded = deriveProvided(draft, { roleId, bound: null, boundAt: null });
  return keysOf(draft, roleId).some((key) => difference(unbounded, key.provided).length > 0);
}

function unseen(id: string): RoleFact {
  return {
    id,
    key: null,
    name: null,
    description: null,
    permissions: [],
    createdAt: null,
    version: null,
    deletedAt: null,
  };
}
