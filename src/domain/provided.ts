import type { Draft } from './draft.ts';
import type { RoleKeyFact } from './facts.ts';
import { intersection } from './sets.ts';

/** What the provider makes a key grant: its owner's definition and its bound, less the permissions that were deleted. */
export function deriveProvided(
  draft: Draft,
  key: Pick<RoleKeyFact, 'roleId' | 'bound' | 'boundAt'>,
): readonly string[] {
  const told = definitionOf(draft, key.roleId);
  const { bound, boundAt } = key;
  const provided =
    bound === null || boundAt === null
      ? told.permissions
      : told.at === null
        ? bound
        : told.at > boundAt
          ? told.permissions
          : intersection(told.permissions, bound);
  return provided.filter((permission) => {
    const owner = draft.permissionKeys.get(permission);
    if (owner === undefined) return true;
    // A list names no ids: a permission that was created after it is another one of the same name.
    return owner.deletedAt === null && (told.at !== null || owner.permissionCreatedAt <= (boundAt ?? 0));
  });
}

/** The owner's definition and its time; `at` null while no definition is known. A deleted role grants nothing. */
export function definitionOf(
  draft: Draft,
  roleId: string | null,
): { readonly permissions: readonly string[]; readonly at: number | null; readonly deleted: boolean } {
  const owner = roleId === null ? undefined : draft.roles.get(roleId);
  if (owner === undefined) return { permissions: [], at: null, deleted: false };
  if (owner.deletedAt !== null) return { permissions: [], at: Number.POSITIVE_INFINITY, deleted: true };
  return { permissions: owner.permissions, at: owner.version?.at ?? null, deleted: false };
}

/** Whether the provider has spoken of the key. A row may be there for the policy's sake alone. */
export function isHeardOf(key: RoleKeyFact | undefined): key is RoleKeyFact {
  return key !== undefined && (key.roleId !== null || key.bound !== null);
}
