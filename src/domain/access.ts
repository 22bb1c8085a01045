import type { ChangeDetails } from './changes.ts';
import { ORGANIZATION } from './compiled-policy.ts';
import type { Draft } from './draft.ts';
import type { Holding, MemberFact, MembershipFact, RoleKeyFact, ScopedRoles } from './facts.ts';
import { EVERY } from './grant.ts';
import { type OrganizationId, pairKey, type UserId } from './ids.ts';
import { grantsWith, providerCounts, ruleNamed } from './role-sets.ts';
import { difference, intersection, permissionSet } from './sets.ts';

/** What one member may do now. `member` without permissions is possible; permissions without `member` are not. */
export interface Access {
  readonly member: boolean;
  readonly role: string | null;
  /** As `grantText` writes them, those in resources among them; sorted. */
  readonly permissions: readonly string[];
  /** What it rests on besides the role, as changes tell it. */
  readonly basis: ChangeDetails;
}

const NO_ACCESS: Access = { member: false, role: null, permissions: [], basis: {} };

/** Deleted is final; absent lasts until later evidence; without a believed role there is no member yet. */
export function isAlive(membership: MembershipFact): boolean {
  if (membership.deletedAt !== null || membership.role === null) return false;
  return (
    membership.absentAt === null || (membership.seenAt !== null && membership.seenAt > membership.absentAt)
  );
}

/** The holding that access rests on, and the newer ones that wait for the provider's word. */
export function holdingsOf(membership: MembershipFact): readonly Holding[] {
  const { role, scoped, ceiling } = membership;
  return role === null ? ceiling : [{ role, scoped }, ...ceiling];
}

/** Every role key in it, in the organization and in resources. */
export function rolesIn({ role, scoped }: Holding): readonly string[] {
  return [role, ...Object.values(scoped).flatMap((roles) => Object.values(roles))];
}

/** Whose holding it is. The first members of an organization hold another role than the provider says. */
type Pair = Pick<MemberFact, 'organizationId' | 'userId'>;

/** What a holding grants its holder, in the organization and in its resources. */
export function grantsOf(draft: Draft, pair: Pair, holding: Holding): readonly string[] {
  return grantsOfRoles(draft, pair.organizationId, asHeld(draft, pair, holding));
}

/** What tokens of a holding may carry: what it grants, and what its roles were told to, believed or not. */
export function carriedBy(draft: Draft, pair: Pair, holding: Holding): readonly string[] {
  return permissionSet([
    ...grantsOf(draft, pair, holding),
    ...grantsThrough(draft, asHeld(draft, pair, holding), (role, scope) => [
      ...toldTo(draft, role),
      ...meantFor(draft, pair.organizationId, role, scope),
    ]),
  ]);
}

/** What the policy grants by a key, whether the role that has it is believed to live and to be called so or not. */
function meantFor(
  draft: Draft,
  organizationId: OrganizationId,
  key: string,
  scope: string,
): readonly string[] {
  const rule = ruleNamed(draft, key);
  return rule?.scope === scope ? [...rule.grants, ...featuredGrants(draft, organizationId, rule)] : [];
}

function asHeld(draft: Draft, pair: Pair, { role, scoped }: Holding): Holding {
  return { role: derivedRole(draft, pair) ?? role, scoped };
}

function grantsOfRoles(draft: Draft, organizationId: OrganizationId, holding: Holding): readonly string[] {
  return grantsThrough(draft, holding, (role, scope) => {
    const key = draft.roleKeys.get(role);
    return key?.scope === scope ? [...key.grants, ...featuredGrants(draft, organizationId, key)] : [];
  });
}

function grantsThrough(
  draft: Draft,
  { role, scoped }: Holding,
  grantedBy: (role: string, scope: string) => readonly string[],
): readonly string[] {
  const outright = grantedBy(role, ORGANIZATION);
  const scopes = Object.entries(draft.policy?.scopes ?? {});
  const reached = scopes.flatMap(([type, reaches]) => (reaches ? placed(outright, type, EVERY) : []));
  // Of other types there are no resources, whatever metadata says: `organization` least of all.
  const inResources = scopes.flatMap(([type]) =>
    Object.entries(rolesInType(scoped, type)).flatMap(([id, held]) =>
      placed(grantedBy(held, type), type, id),
    ),
  );
  return permissionSet([...outright, ...reached, ...inResources]);
}

function rolesInType(scoped: ScopedRoles, type: string): Readonly<Record<string, string>> {
  return Object.hasOwn(scoped, type) ? (scoped[type] ?? {}) : {};
}

function placed(texts: readonly string[], type: string, id: string): readonly string[] {
  return texts.map((text) => `${text} @${type}/${id}`);
}

function featuredGrants(
  draft: Draft,
  organizationId: OrganizationId,
  key: Pick<RoleKeyFact, 'featured'>,
): readonly string[] {
  const features = Object.keys(key.featured);
  if (features.length === 0) return [];
  const on = draft.organizations.get(organizationId)?.features ?? [];
  return features.filter((feature) => on.includes(feature)).flatMap((feature) => grantsWith(key, feature));
}

function toldTo(draft: Draft, role: string): readonly string[] {
  if (!providerCounts(draft, role)) return [];
  const roleId = draft.roleKeys.get(role)?.roleId ?? null;
  const owner = roleId === null ? undefined : draft.roles.get(roleId);
  return (owner?.permissions ?? []).filter(
    (permission) => draft.permissionKeys.get(permission)?.deletedAt == null,
  );
}

/** Access of the pair: through the incarnation that owns it, and no other. */
export function accessOf(draft: Draft, organizationId: OrganizationId, userId: UserId): Access {
  return accessThrough(draft, organizationId, userId, derivedRole(draft, { organizationId, userId }));
}

/** What the provider's roles alone give, which a first member falls back to when somebody joined before them. */
export function accessBeneath(draft: Draft, organizationId: OrganizationId, userId: UserId): Access {
  return accessThrough(draft, organizationId, userId, null);
}

/**
 * Access through one membership, by the role that is derived for its holder if one is; suspension and deleted
 * organizations aside: those are facts of other rows.
 */
export function accessThrough(
  draft: Draft,
  organizationId: OrganizationId,
  userId: UserId,
  derived: string | null,
): Access {
  const member = draft.members.get(pairKey(organizationId, userId));
  const membership = member === undefined ? undefined : draft.memberships.get(member.membershipId);
  if (membership === undefined || !isAlive(membership) || membership.role === null) return NO_ACCESS;
  const role = derived ?? membership.role;
  const basis = basisOf(draft, membership, derived);
  if (membership.contested) return { member: true, role, permissions: [], basis };
  const [first = [], ...others] = holdingsOf(membership).map((holding) =>
    grantsOfRoles(draft, organizationId, { ...holding, role: derived ?? holding.role }),
  );
  return { member: true, role, permissions: others.reduce(intersection, first), basis };
}

function basisOf(draft: Draft, membership: MembershipFact, derived: string | null): ChangeDetails {
  const { scoped, ceiling, contested } = membership;
  const known = (roles: ScopedRoles): ScopedRoles =>
    Object.fromEntries(Object.entries(roles).filter(([type]) => draft.policy?.scopes[type] !== undefined));
  const believed = known(scoped);
  return {
    ...(Object.keys(believed).length === 0 ? {} : { scoped: believed }),
    ...(contested ? { contested } : {}),
    ...(ceiling.length === 0
      ? {}
      : { waiting: ceiling.map((held) => ({ role: derived ?? held.role, scoped: known(held.scoped) })) }),
  };
}

/** The pairs that joined an organization first, over all incarnations, as many as the policy makes something of. */
export function firstMembers(draft: Draft, organizationId: OrganizationId): readonly MemberFact[] {
  const count = draft.policy?.firstMembers?.count ?? 0;
  if (count === 0) return [];
  // Whoever moves them writes this row, so that looking at it is enough to notice.
  draft.organizations.get(organizationId);
  return draft.members
    .values()
    .filter((member) => member.organizationId === organizationId)
    .sort((a, b) => a.firstJoinedAt - b.firstJoinedAt || (a.userId < b.userId ? -1 : 1))
    .slice(0, count);
}

/** The role that the policy gives a first member, whatever the provider says; null for everybody else. */
export function derivedRole(draft: Draft, { organizationId, userId }: Pair): string | null {
  const first = firstMembers(draft, organizationId).some((member) => member.userId === userId);
  return first ? (draft.policy?.firstMembers?.role ?? null) : null;
}

/** Whether `after` allows anything that `before` did not (rule 5). */
export function gains(before: Access, after: Access): boolean {
  return (after.member && !before.member) || difference(after.permissions, before.permissions).length > 0;
}
