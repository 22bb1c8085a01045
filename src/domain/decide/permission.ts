import type { Draft } from '../draft.ts';
import type { PermissionDeleted, PermissionIdentity, PermissionSnapshot } from '../evidence.ts';
import type { PermissionFact, PermissionKeyFact } from '../facts.ts';
import { deriveProvided } from '../provided.ts';
import { difference, permissionSet } from '../sets.ts';
import { createdLater, latest } from '../version.ts';
import { type Context, type Verdict, verdict } from './context.ts';
import { cutRole, keysOf, rederiveAll } from './role-keys.ts';

export function decidePermission(draft: Draft, said: PermissionSnapshot, context: Context): Verdict {
  const known = draft.permissions.get(said.id);
  if (claimPermission(draft, said, context) === 'withheld') {
    draft.effects.push({ kind: 'lookup_roles' });
    return verdict('held', 'late_gain');
  }
  rederiveAll(draft, said.at);
  // Roles that list it by another name are told anew by the roles API alone.
  if (known?.key != null && known.key !== said.key) draft.effects.push({ kind: 'lookup_roles' });
  return known === undefined || known.key === null
    ? verdict('applied', 'newer')
    : verdict('stale', 'already_known');
}

export function decidePermissionDeleted(draft: Draft, said: PermissionDeleted): Verdict {
  const known = draft.permissions.get(said.id) ?? unseen(said.id);
  const deletedAt = latest(known.deletedAt, said.at);
  draft.permissions.put(said.id, { ...known, deletedAt });
  const owned = draft.permissionKeys.values().filter(({ permissionId }) => permissionId === said.id);
  for (const key of owned) draft.permissionKeys.put(key.key, { ...key, deletedAt });
  rederiveAll(draft, said.at);
  for (const { key } of owned) cutWhereTold(draft, key, said.at);
  // Nobody knows what lost it.
  if (known.key === null) draft.effects.push({ kind: 'lookup_roles' });
  return known.deletedAt === null ? verdict('applied', 'newer') : verdict('stale', 'already_known');
}

/**
 * Learns which permission a key belongs to: the latest-created, even when it is dead (rule 2). Withheld when the news
 * is late and would bring a deleted permission back to somebody (rule 5): then nothing is learnt. What roles grant by
 * the key is the caller's to derive.
 */
export function claimPermission(
  draft: Draft,
  said: PermissionIdentity,
  context: Context,
): 'learnt' | 'withheld' {
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
  if (context.late && owns && held?.deletedAt != null && wouldGrantMore(draft, held, claimed))
    return 'withheld';
  if (known.key !== said.key || known.createdAt !== said.createdAt) draft.permissions.put(said.id, row);
  if (owns && held !== undefined && held.permissionId !== said.id) forgetMeaning(draft, held, said.createdAt);
  if (owns && (held?.permissionId !== said.id || held.deletedAt !== row.deletedAt)) {
    draft.permissionKeys.put(said.key, claimed);
  }
  return 'learnt';
}

/** What roles were told to grant by this key was another permission, or this one would have been heard of with them. */
function forgetMeaning(draft: Draft, { key, deletedAt }: PermissionKeyFact, at: number): void {
  cutWhereTold(draft, key, deletedAt ?? at);
  for (const role of draft.roles.values()) {
    if (!role.permissions.includes(key)) continue;
    draft.roles.put(role.id, { ...role, permissions: role.permissions.filter((held) => held !== key) });
  }
}

/** Tokens carry what roles were told to grant, whether it was believed here or not. */
function cutWhereTold(draft: Draft, key: string, at: number): void {
  const roles = draft.roles.values().filter((role) => role.permissions.includes(key));
  for (const { id } of roles) for (const owned of keysOf(draft, id)) cutRole(draft, owned.key, at);
}

/** The keys of a definition that mean, by its ids, what they mean today. */
export function meantToday(draft: Draft, permissions: readonly PermissionIdentity[]): readonly string[] {
  return permissionSet(
    permissions
      .filter(({ id, key }) => draft.permissionKeys.get(key)?.permissionId === id)
      .map(({ key }) => key),
  );
}

function wouldGrantMore(draft: Draft, held: PermissionKeyFact, claimed: PermissionKeyFact): boolean {
  draft.permissionKeys.put(claimed.key, claimed);
  const grantsMore = draft.roleKeys
    .values()
    .some((key) => difference(deriveProvided(draft, key), key.provided).length > 0);
  draft.permissionKeys.put(claimed.key, held);
  return grantsMore;
}

function unseen(id: string): PermissionFact {
  return { id, key: null, createdAt: null, deletedAt: null };
}
