import { difference, intersection, permissionSet, sameSet } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { RoleDeleted, RoleSnapshot } from '../evidence.ts';
import type { RoleFact, RoleKeyFact } from '../facts.ts';
import { compareVersions, createdLater, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { claimPermission } from './permission.ts';
import { cutRole, rederive } from './role-keys.ts';

export function decideRole(draft: Draft, said: RoleSnapshot, context: Context): Verdict {
  const withheld = said.permissions.filter((permission) => !claimPermission(draft, permission, context));
  const told = permissionSet(said.permissions.map((permission) => permission.key));
  const known = draft.roles.get(said.id) ?? unseen(said.id);
  const createdAt = Math.max(known.createdAt ?? said.createdAt, said.createdAt);
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  const newer = known.deletedAt === null && order > 0;
  const disputed = known.deletedAt === null && order === 0 && !sameSet(told, known.permissions);
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
    : { ...known, key: known.key ?? said.key, createdAt };
  draft.roles.put(said.id, row);

  const grantsBefore = new Map(draft.roleKeys.values().map((key) => [key.key, key.grants]));
  claimRoleKey(draft, row, said.key);
  let late = withheld.length > 0;
  for (const key of keysOf(draft, said.id)) {
    const before = grantsBefore.get(key.key) ?? [];
    const gained = difference(told, before).length > 0;
    const bounded = (context.late && newer && gained) || disputed;
    const boundAt = Math.max(key.boundAt ?? said.version.at, said.version.at);
    late ||= bounded;
    // What a late definition adds, and what two definitions of one version disagree about, waits for an answer.
    rederive(draft, bounded ? { ...key, bound: intersection(before, told), boundAt } : key, said.version.at);
  }

  const firstSight = known.version === null && said.told !== 'created';
  if (firstSight && said.version.updatedAt > said.createdAt) {
    const at = said.told === 'observed' ? said.version.updatedAt : said.version.at;
    for (const key of keysOf(draft, said.id)) cutRole(draft, key.key, at);
  }
  cutWhatTheSnapshotHeldMore(draft, said.key, told);

  if (late) {
    draft.effects.push({ kind: 'lookup_roles' });
    return verdict('held', disputed ? 'contested' : 'late_gain');
  }
  if (known.deletedAt !== null) return verdict('stale', 'deleted_before');
  if (newer) return verdict('applied', 'newer');
  return verdict('stale', order === 0 ? 'already_known' : 'older_than_known');
}

export function decideRoleDeleted(draft: Draft, said: RoleDeleted): Verdict {
  const known = draft.roles.get(said.id) ?? unseen(said.id);
  draft.roles.put(said.id, { ...known, deletedAt: latest(known.deletedAt, said.at) });
  for (const key of keysOf(draft, said.id)) rederive(draft, key, said.at);
  return known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
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

/** Rule 2: a key belongs to the latest-created role that ever had it, even when that one is dead. */
function claimRoleKey(draft: Draft, row: RoleFact, key: string): void {
  const held = draft.roleKeys.get(key);
  const createdAt = row.createdAt ?? 0;
  if (
    held?.roleId != null &&
    !createdLater({ createdAt, id: row.id }, { createdAt: held.roleCreatedAt ?? 0, id: held.roleId })
  ) {
    return;
  }
  const unheard = { key, bound: null, boundAt: null, grants: [], cutoff: null };
  draft.roleKeys.put(key, { ...(held ?? unheard), roleId: row.id, roleCreatedAt: createdAt });
}

/** A renamed role keeps granting under its old key until another role takes that: members still hold it. */
function keysOf(draft: Draft, roleId: string): RoleKeyFact[] {
  return draft.roleKeys.values().filter((key) => key.roleId === roleId);
}

/** Tokens from the snapshot's time carry what it held. What the key lacks now was lost at the latest by its present version. */
function cutWhatTheSnapshotHeldMore(draft: Draft, key: string, told: readonly string[]): void {
  const held = draft.roleKeys.get(key);
  if (held === undefined || held.roleId === null) return;
  const lost = difference(told, held.grants);
  if (lost.length === 0) return;
  const owner = draft.roles.get(held.roleId);
  const times = [
    owner?.deletedAt ?? owner?.version?.at ?? owner?.createdAt ?? null,
    held.boundAt,
    ...lost.map((permission) => draft.permissionKeys.get(permission)?.deletedAt ?? null),
  ];
  const at = times.reduce(latest, null);
  if (at !== null) cutRole(draft, key, at);
}
