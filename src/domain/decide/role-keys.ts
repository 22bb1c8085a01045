import { definitionOf, deriveGrants, difference, sameSet } from '../access.ts';
import type { Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type { RoleFact, RoleKeyFact } from '../facts.ts';
import { createdLater, latest } from '../version.ts';

/**
 * Writes a role key with its grants, and one change for all who hold it. A loss cuts off every token issued up to the
 * commit: holders are not looked at, so the cost is one row however many they are.
 */
export function putGrants(draft: Draft, key: RoleKeyFact, grants: readonly string[], at: number): void {
  const before = draft.roleKeys.get(key.key)?.grants ?? [];
  const lost = difference(before, grants).length > 0;
  draft.roleKeys.put(key.key, { ...key, grants, cutoff: lost ? latest(key.cutoff, at) : key.cutoff });
  if (sameSet(before, grants)) return;
  recordRoleChange(draft, key.key, grants, lost ? roleCutoff(key.key, at, true) : null, at);
}

/** Every key again, after a permission died or came back: O(roles). */
export function rederiveAll(draft: Draft, at: number): void {
  for (const key of draft.roleKeys.values()) {
    const grants = deriveGrants(draft, key);
    if (!sameSet(grants, key.grants)) putGrants(draft, key, grants, at);
  }
}

/** Refuses tokens of the key's holders up to a time that is known exactly. Idempotent. */
export function cutRole(draft: Draft, key: string, at: number): void {
  const known = draft.roleKeys.get(key);
  if (known === undefined || (known.cutoff !== null && known.cutoff >= at)) return;
  draft.roleKeys.put(key, { ...known, cutoff: at });
  recordRoleChange(draft, key, known.grants, roleCutoff(key, at, false), at);
}

/**
 * Tokens from `at` carry what the key's role held then. What the key lacks now was lost since: at the latest by its
 * present definition or bound, or with the permission. What only waits to be believed was not lost.
 */
export function cutLostSince(draft: Draft, key: string, held: readonly string[], at: number): void {
  const known = draft.roleKeys.get(key);
  if (known === undefined) return;
  const lost = difference(held, known.grants);
  if (lost.length === 0) return;
  const owner = known.roleId === null ? undefined : draft.roles.get(known.roleId);
  const times = [
    owner?.deletedAt ?? owner?.version?.at ?? owner?.createdAt ?? null,
    known.boundAt,
    ...lost.map((permission) => draft.permissionKeys.get(permission)?.deletedAt ?? null),
  ];
  const until = times.filter((time) => time !== null && time > at).reduce(latest, null);
  if (until !== null) cutRole(draft, key, until);
}

/** A renamed role keeps granting under its old key until another role takes that: members still hold it. */
export function keysOf(draft: Draft, roleId: string): RoleKeyFact[] {
  return draft.roleKeys.values().filter((key) => key.roleId === roleId);
}

/**
 * Rule 2: a key belongs to the latest-created role that ever had it, even when that one is dead; unless a living role
 * was told to have it after that one's death. Grants stay as they were: they are the caller's to derive.
 */
export function claimRoleKey(draft: Draft, row: RoleFact, key: string): void {
  const held = draft.roleKeys.get(key);
  const createdAt = row.createdAt ?? 0;
  if (held?.roleId != null) {
    const owner = draft.roles.get(held.roleId);
    const later = createdLater(
      { createdAt, id: row.id },
      { createdAt: held.roleCreatedAt ?? 0, id: held.roleId },
    );
    const takes = succeeds(row, owner, key) || (later && !succeeds(owner, row, key));
    if (!takes) return;
  }
  const unheard = { key, bound: null, boundAt: null, grants: [], cutoff: null };
  draft.roleKeys.put(key, { ...(held ?? unheard), roleId: row.id, roleCreatedAt: createdAt });
}

/** Whether `role` lives and was told to have the key when `other` was dead. */
function succeeds(role: RoleFact | undefined, other: RoleFact | undefined, key: string): boolean {
  if (role?.version == null || role.deletedAt !== null || role.key !== key) return false;
  return other?.deletedAt != null && role.version.at > other.deletedAt;
}

function roleCutoff(key: string, at: number, notBeforeCommit: boolean): Cutoff {
  return { of: 'role', id: key, at, notBeforeCommit };
}

function recordRoleChange(
  draft: Draft,
  role: string,
  permissions: readonly string[],
  cutoff: Cutoff | null,
  at: number,
): void {
  draft.changes.push({
    kind: 'role_changed',
    organizationId: null,
    userId: null,
    role,
    permissions,
    cutoff,
    at,
  });
}
