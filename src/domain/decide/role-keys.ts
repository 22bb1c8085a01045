import { deriveGrants, difference, sameSet } from '../access.ts';
import type { Cutoff } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type { RoleKeyFact } from '../facts.ts';
import { latest } from '../version.ts';

/**
 * Writes a role key with the grants that follow from it, and one change for all who hold it. A loss cuts off every
 * token issued up to the commit: holders are not looked at, so the cost is one row however many they are.
 */
export function rederive(draft: Draft, key: RoleKeyFact, at: number): void {
  const before = draft.roleKeys.get(key.key)?.grants ?? [];
  const grants = deriveGrants(draft, key);
  const lost = difference(before, grants).length > 0;
  draft.roleKeys.put(key.key, { ...key, grants, cutoff: lost ? latest(key.cutoff, at) : key.cutoff });
  if (sameSet(before, grants)) return;
  recordRoleChange(draft, key.key, grants, lost ? roleCutoff(key.key, at, true) : null, at);
}

/** Refuses tokens of the key's holders up to a time that is known exactly. Idempotent. */
export function cutRole(draft: Draft, key: string, at: number): void {
  const known = draft.roleKeys.get(key);
  if (known === undefined || (known.cutoff !== null && known.cutoff >= at)) return;
  draft.roleKeys.put(key, { ...known, cutoff: at });
  recordRoleChange(draft, key, known.grants, roleCutoff(key, at, false), at);
}

/** Every key again, after a permission died or came back: O(roles). */
export function rederiveAll(draft: Draft, at: number): void {
  for (const key of draft.roleKeys.values()) {
    if (!sameSet(deriveGrants(draft, key), key.grants)) rederive(draft, key, at);
  }
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
