import { deriveGrants, difference } from '../access.ts';
import type { Draft } from '../draft.ts';
import type { PermissionDeleted, PermissionIdentity, PermissionSnapshot } from '../evidence.ts';
import type { PermissionFact, PermissionKeyFact } from '../facts.ts';
import { createdLater, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { rederiveAll } from './role-keys.ts';

export function decidePermission(draft: Draft, said: PermissionSnapshot, context: Context): Verdict {
  const known = draft.permissions.get(said.id);
  if (!claimPermission(draft, said, context)) {
    draft.effects.push({ kind: 'lookup_roles' });
    return verdict('held', 'late_gain');
  }
  if (known === undefined || known.key === null) return verdict('applied', 'newer');
  return verdict('stale', 'already_known');
}

export function decidePermissionDeleted(draft: Draft, said: PermissionDeleted): Verdict {
  const known = draft.permissions.get(said.id) ?? unseen(said.id);
  const deletedAt = latest(known.deletedAt, said.at);
  draft.permissions.put(said.id, { ...known, deletedAt });
  const owned = known.key === null ? undefined : draft.permissionKeys.get(known.key);
  if (owned?.permissionId === said.id) {
    draft.permissionKeys.put(owned.key, { ...owned, deletedAt });
    rederiveAll(draft, said.at);
  }
  return known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
}

/**
 * Learns which permission a key belongs to: the latest-created, even when it is dead (rule 2). False when the news is
 * late and would bring a deleted permission back to somebody (rule 5): then nothing is learnt.
 */
export function claimPermission(draft: Draft, said: PermissionIdentity, context: Context): boolean {
  const known = draft.permissions.get(said.id) ?? unseen(said.id);
  const row = { ...known, key: said.key, createdAt: said.createdAt };
  const held = draft.permissionKeys.get(said.key);
  const owns =
    held === undefined ||
    held.permissionId === said.id ||
    createdLater(said, { createdAt: held.permissionCreatedAt, id: held.permissionId });
  const claimed: PermissionKeyFact = {
    key: said.key,
    permissionId: said.id,
    permissionCreatedAt: said.createdAt,
    deletedAt: row.deletedAt,
  };
  const revives = owns && held?.deletedAt != null && row.deletedAt === null;
  if (revives && context.late && wouldGrantMore(draft, claimed)) return false;
  if (known.key !== said.key || known.createdAt !== said.createdAt) draft.permissions.put(said.id, row);
  if (!owns || (held?.permissionId === said.id && held.deletedAt === row.deletedAt)) return true;
  draft.permissionKeys.put(said.key, claimed);
  if (held?.deletedAt != null || row.deletedAt !== null) rederiveAll(draft, row.deletedAt ?? said.createdAt);
  return true;
}

function wouldGrantMore(draft: Draft, claimed: PermissionKeyFact): boolean {
  const before = draft.permissionKeys.get(claimed.key);
  if (before === undefined) return false;
  draft.permissionKeys.put(claimed.key, claimed);
  const grantsMore = draft.roleKeys
    .values()
    .some((key) => difference(deriveGrants(draft, key), key.grants).length > 0);
  draft.permissionKeys.put(claimed.key, before);
  return grantsMore;
}

function unseen(id: string): PermissionFact {
  return { id, key: null, createdAt: null, deletedAt: null };
}
