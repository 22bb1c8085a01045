import { ORGANIZATION } from './compiled-policy.ts';
import type { Draft } from './draft.ts';
import type { Holding, MemberFact, MembershipFact, RoleKeyFact } from './facts.ts';
import { EVERY } from './grant.ts';
import { type OrganizationId, pairKey, type UserId } from './ids.ts';
import { providerCounts } from './role-sets.ts';
import { difference, intersection, permissionSet } from './sets.ts';

/** What one member may do now. `member` without permissions is possible; permissions without `member` are not. */
export interface Access {
  readonly member: boolean;
  readonly role: string | null;
  /** As `grantText` writes them, those in resources among them; sorted. */
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

/** The holding that access rests on, and the newer ones that wait for the provider's word. */
export function holdingsOf(membership: MembershipFact): readonly Holding[] {
  const { role, scoped, ceiling } = membership;
  return role === null ? ceiling : [{ role, scoped }, ...ceiling];
}

/** Every role key in it, in the organization and in resources. */
export function rolesIn({ role, scoped }: Holding): readonly string[] {
  return [role, ...Object.values(scoped).flatMap((roles) => Object.values(roles))];
}

/** What a holding grants, in the organization and in its resources. */
export function grantsOf(draft: Draft, organizationId: OrganizationId, holding: Holding): readonly string[] {
  return grantsThrough(draft, holding, (role, scope) => {
    const key = draft.roleKeys.get(role);
    return key?.scope === scope ? [...key.grants, ...featuredGrants(draft, organizationId, key)] : [];
  });
}

/** What tokens of a holding may carry: what it grants, and what its roles were told to, believed or not. */
export function carriedBy(draft: Draft, organizationId: OrganizationId, holding: Holding): readonly string[] {
  return permissionSet([
    ...grantsOf(draft, organizationId, holding),
    ...grantsThrough(draft, holding, (role) => toldTo(draft, role)),
  ]);
}

function grantsThrough(
  draft: Draft,
  { role, scoped }: Holding,
  grantedBy: (role: string, scope: string) => readonly string[],
): readonly string[] {
  const outright = grantedBy(role, ORGANIZATION);
  const reached = Object.entries(draft.policy?.scopes ?? {}).flatMap(([type, reaches]) =>
    reaches ? placed(outright, type, EVERY) : [],
  );
  const inResources = Object.entries(scoped).flatMap(([type, roles]) =>
    Object.entries(roles).flatMap(([id, held]) => placed(grantedBy(held, type), type, id)),
  );
  return permissionSet([...outright, ...reached, ...inResources]);
}

function placed(texts: readonly string[], type: string, id: string): readonly string[] {
  return texts.map((text) => `${text} @${type}/${id}`);
}

function featuredGrants(draft: Draft, organizationId: OrganizationId, key: RoleKeyFact): readonly string[] {
  const features = Object.keys(key.featured);
  if (features.length === 0) return [];
  const on = draft.organizations.get(organizationId)?.features ?? [];
  return features.filter((feature) => on.includes(feature)).flatMap((feature) => key.featured[feature] ?? []);
}

function toldTo(draft: Draft, role: string): readonly string[] {
  if (!providerCounts(draft, role)) return [];
  const roleId = draft.roleKeys.get(role)?.roleId ?? null;
  const owner = roleId === null ? undefined : draft.roles.get(roleId);
  return (owner?.permissions ?? []).filter(
    (permission) => draft.permissionKeys.get(permission)?.deletedAt == null,
  );
}

/** Access through one membership, suspension and deleted organizations aside: those are facts of other rows. */
function accessThrough(draft: Draft, member: MemberFact, membership: MembershipFact | undefined): Access {
  if (membership === undefined || !isAlive(membership) || membership.role === null) return NO_ACCESS;
  const derived = isFirstMember(draft, member) ? (draft.policy?.firstMembers?.role ?? null) : null;
  const role = derived ?? membership.role;
  if (membership.contested) return { member: true, role, permissions: [] };
  const [first = [], ...others] = holdingsOf(membership).map((holding) =>
    grantsOf(draft, member.organizationId, { ...holding, role: derived ?? holding.role }),
  );
  return { member: true, role, permissions: others.reduce(intersection, first) };
}

/** Access of the pair: through the incarnation that owns it, and no other. */
export function accessOf(draft: Draft, organizationId: OrganizationId, userId: UserId): Access {
  const member = draft.members.get(pairKey(organizationId, userId));
  return member === undefined
    ? NO_ACCESS
    : accessThrough(draft, member, draft.memberships.get(member.membershipId));
}

/** The pairs that joined an organization first, over all incarnations, as many as the policy makes something of. */
export function firstMembers(draft: Draft, organizationId: OrganizationId): readonly MemberFact[] {
  const count = draft.policy?.firstMembers?.count ?? 0;
  if (count === 0) return [];
  return draft.members
    .values()
    .filter((member) => member.organizationId === organizationId)
    .sort((a, b) => a.firstJoinedAt - b.firstJoinedAt || (a.userId < b.userId ? -1 : 1))
    .slice(0, count);
}

function isFirstMember(draft: Draft, { organizationId, userId }: MemberFact): boolean {
  return firstMembers(draft, organizationId).some((first) => first.userId === userId);
}

/** Whether `after` allows anything that `before` did not (rule 5). */
export function gains(before: Access, after: Access): boolean {
  return (after.member && !before.member) || difference(after.permissions, before.permissions).length > 0;
}
