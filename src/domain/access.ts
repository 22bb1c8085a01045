import type { Draft } from './draft.ts';
import type { MembershipFact, RoleKeyFact } from './facts.ts';
import { type OrganizationId, pairKey, type UserId } from './ids.ts';

/** What one member may do now. `member` without permissions is possible; permissions without `member` are not. */
export interface Access {
  readonly member: boolean;
  readonly role: string | null;
  /** Sorted. */
  readonly permissions: readonly string[];
}

const NO_ACCESS: Access = { member: false, role: null, permissions: [] };

/** Deleted is final; absent lasts until later evidence; without a believed role there is no member yet. */
export function isAlive(membership: MembershipFact): boolean {
  if (membership.deletedAt !== null || membership.role === null) return false;
  return (
    membership.absentAt === null || (membership.seenAt !== null && membership.seenAt > membership.absentAt)
  );
}

/** What a role's key grants now; nothing for a key never heard of. */
export function grantsOf(draft: Draft, role: string): readonly string[] {
  return draft.roleKeys.get(role)?.grants ?? [];
}

/** What tokens of a role's holders may carry: what its key grants, and what its role was told to, believed or not. */
export function carriedBy(draft: Draft, role: string): readonly string[] {
  const key = draft.roleKeys.get(role);
  if (key === undefined) return [];
  const owner = key.roleId === null ? undefined : draft.roles.get(key.roleId);
  const living = (owner?.permissions ?? []).filter(
    (permission) => draft.permissionKeys.get(permission)?.deletedAt == null,
  );
  return [...key.grants, ...living];
}

/** Access through one membership, suspension and deleted organizations aside: those are facts of other rows. */
function accessThrough(draft: Draft, membership: MembershipFact | undefined): Access {
  if (membership === undefined || !isAlive(membership) || membership.role === null) return NO_ACCESS;
  if (membership.contested) return { member: true, role: membership.role, permissions: [] };
  const permissions = membership.ceiling.reduce<readonly string[]>(
    (held, role) => intersection(held, grantsOf(draft, role)),
    grantsOf(draft, membership.role),
  );
  return { member: true, role: membership.role, permissions };
}

/** Access of the pair: through the incarnation that owns it, and no other. */
export function accessOf(draft: Draft, organizationId: OrganizationId, userId: UserId): Access {
  const member = draft.members.get(pairKey(organizationId, userId));
  return member === undefined ? NO_ACCESS : accessThrough(draft, draft.memberships.get(member.membershipId));
}

/** Whether `after` allows anything that `before` did not (rule 5). */
export function gains(before: Access, after: Access): boolean {
  return (after.member && !before.member) || difference(after.permissions, before.permissions).length > 0;
}

/** The role key's set, from its owner's definition and its bound, less the permissions that were deleted. */
export function deriveGrants(
  draft: Draft,
  key: Pick<RoleKeyFact, 'roleId' | 'bound' | 'boundAt'>,
): readonly string[] {
  const told = definitionOf(draft, key.roleId);
  const { bound, boundAt } = key;
  const grants =
    bound === null || boundAt === null
      ? told.permissions
      : told.at === null
        ? bound
        : told.at > boundAt
          ? told.permissions
          : intersection(told.permissions, bound);
  return grants.filter((permission) => {
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
): { readonly permissions: readonly string[]; readonly at: number | null } {
  const owner = roleId === null ? undefined : draft.roles.get(roleId);
  if (owner === undefined) return { permissions: [], at: null };
  if (owner.deletedAt !== null) return { permissions: [], at: Number.POSITIVE_INFINITY };
  return { permissions: owner.permissions, at: owner.version?.at ?? null };
}

export function difference(from: readonly string[], without: readonly string[]): readonly string[] {
  const excluded = new Set(without);
  return from.filter((item) => !excluded.has(item));
}

export function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  const kept = new Set(b);
  return a.filter((item) => kept.has(item));
}

/** A permission list as it is kept: each once, in code unit order, so that equal sets are equal lists. */
export function permissionSet(permissions: Iterable<string>): readonly string[] {
  return [...new Set(permissions)].sort();
}

export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
