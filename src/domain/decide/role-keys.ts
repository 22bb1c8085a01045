import type { Change, Cutoff } from '../changes.ts';
import { ORGANIZATION } from '../compiled-policy.ts';
import type { Draft } from '../draft.ts';
import type { RoleFact, RoleKeyFact } from '../facts.ts';
import { deriveProvided } from '../provided.ts';
import { losesAny, providerCounts, type RoleSets, roleSets, sameSets } from '../role-sets.ts';
import { difference, sameSet } from '../sets.ts';
import { compareVersions, createdLater, latest, type Version } from '../version.ts';

/** A key of which nothing is known yet. */
export function unheardKey(key: string): RoleKeyFact {
  return {
    key,
    roleId: null,
    roleCreatedAt: null,
    bound: null,
    boundAt: null,
    provided: [],
    scope: ORGANIZATION,
    grants: [],
    featured: {},
    cutoff: null,
  };
}

/**
 * Writes a role key with what the provider makes it grant, and one change for all who hold it. A loss cuts off every
 * token issued up to the commit: holders are not looked at, so the cost is one row however many they are.
 */
export function putProvided(draft: Draft, key: RoleKeyFact, provided: readonly string[], at: number): void {
  const known = draft.roleKeys.get(key.key);
  const before = known ?? unheardKey(key.key);
  const after = roleSets(draft, key, provided);
  const moved = !sameSets(before, after);
  if (known === key && !moved && sameSet(before.provided, provided)) return;
  const lost = losesAny(before, after);
  const cutoff = lost ? latest(key.cutoff, at) : key.cutoff;
  const { scope, grants, featured } = after;
  draft.roleKeys.put(key.key, { ...key, provided, scope, grants, featured, cutoff });
  if (moved) {
    const held = { key: key.key, scope, grants, featured };
    draft.changes.push(roleChange(held, lost ? roleCutoff(key.key, at, true) : null, at));
  }
}

/** Every key again, after a permission died or came back, or another policy was activated: O(roles). */
export function rederiveAll(draft: Draft, at: number): void {
  for (const key of draft.roleKeys.values()) putProvided(draft, key, deriveProvided(draft, key), at);
}

/** For what the provider took from the role, where that counts. */
export function cutRole(draft: Draft, key: string, at: number): void {
  if (providerCounts(draft, key)) cutKey(draft, key, at);
}

/** Refuses tokens of the key's holders up to a time that the provider's word gives exactly. Idempotent. */
export function cutKey(draft: Draft, key: string, at: number): void {
  const known = draft.roleKeys.get(key);
  if (known === undefined || (known.cutoff !== null && known.cutoff >= at)) return;
  draft.roleKeys.put(key, { ...known, cutoff: at });
  draft.changes.push(roleChange(known, roleCutoff(key, at, false), at));
}

/**
 * Tokens carry what the key's role `held` when something was told `at`. What the key lacks now was lost since: at the
 * latest by its present definition, if that `isNewer`, by its bound, or with the permission. What only waits to be
 * believed was not lost.
 */
export function cutLostSince(
  draft: Draft,
  key: string,
  held: readonly string[],
  at: number,
  isNewer: (definition: Version) => boolean,
): void {
  const known = draft.roleKeys.get(key);
  if (known === undefined) return;
  const lost = difference(held, known.provided);
  if (lost.length === 0) return;
  const owner = known.roleId === null ? undefined : draft.roles.get(known.roleId);
  const times = [
    owner?.deletedAt ?? null,
    owner?.version != null && isNewer(owner.version) ? owner.version.at : null,
    known.boundAt !== null && known.boundAt > at ? known.boundAt : null,
    ...lost.map((permission) => endOfMeaning(draft, permission, at)),
  ];
  const until = times.reduce(latest, null);
  if (until !== null) cutRole(draft, key, until);
}

/** When the permission that the key meant then was deleted: at the latest when another one was made of its name. */
function endOfMeaning(draft: Draft, permission: string, at: number): number | null {
  const owner = draft.permissionKeys.get(permission);
  if (owner === undefined) return null;
  return owner.deletedAt ?? (owner.permissionCreatedAt > at ? owner.permissionCreatedAt : null);
}

/** A renamed role keeps granting under its old key until another role takes that: members still hold it. */
export function keysOf(draft: Draft, roleId: string): RoleKeyFact[] {
  return draft.roleKeys.values().filter((key) => key.roleId === roleId);
}

/**
 * Rule 2: a key belongs to the latest-created role that ever had it, even when that one is dead; only a role that took
 * the key by a later change has it instead. What it grants stays as it was: they are the caller's to derive.
 */
export function claimRoleKey(draft: Draft, row: RoleFact, key: string): void {
  const held = draft.roleKeys.get(key);
  const createdAt = row.createdAt ?? 0;
  if (held?.roleId === row.id && held.roleCreatedAt === createdAt) return;
  if (held?.roleId != null && !claims(row, draft.roles.get(held.roleId), held)) return;
  draft.roleKeys.put(key, { ...(held ?? unheardKey(key)), roleId: row.id, roleCreatedAt: createdAt });
}

function claims(row: RoleFact, owner: RoleFact | undefined, held: RoleKeyFact): boolean {
  if (row.version !== null && owner?.version != null) {
    // No two roles have one key at one time: whichever has it after the last that is known of the other took it.
    const order = compareVersions(row.version, owner.version);
    if (order > 0 && row.key === held.key) return true;
    if (order < 0 && owner.key === held.key) return false;
  }
  return createdLater(
    { createdAt: row.createdAt ?? 0, id: row.id },
    { createdAt: held.roleCreatedAt ?? 0, id: held.roleId ?? '' },
  );
}

export function roleCutoff(key: string, at: number, notBeforeCommit: boolean): Cutoff {
  return { of: 'role', id: key, at, notBeforeCommit };
}

/** One change for all who hold the key, with everything that it grants now. */
export function roleChange(
  { key, scope, grants, featured }: RoleSets & Pick<RoleKeyFact, 'key'>,
  cutoff: Cutoff | null,
  at: number,
): Change {
  return {
    kind: 'role_changed',
    organizationId: null,
    userId: null,
    agentId: null,
    role: key,
    permissions: grants,
    details: { scope, ...(Object.keys(featured).length === 0 ? {} : { featured }) },
    cutoff,
    at,
  };
}
