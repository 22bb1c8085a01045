import { type CompiledRole, ORGANIZATION } from './compiled-policy.ts';
import type { Draft } from './draft.ts';
import type { RoleKeyFact } from './facts.ts';
import { coveredBy } from './grant.ts';
import { definitionOf } from './provided.ts';
import { permissionSet } from './sets.ts';

/** What a role's key grants in the end, and where. */
export type RoleSets = Pick<RoleKeyFact, 'scope' | 'grants' | 'featured'>;

const NOTHING: RoleSets = { scope: ORGANIZATION, grants: [], featured: {} };

/**
 * What a key whose role the provider makes grant `provided` comes to under the active policy. A role that the provider
 * has deleted grants nothing, whatever the policy says of its key.
 */
export function roleSets(
  draft: Draft,
  key: Pick<RoleKeyFact, 'key' | 'roleId'>,
  provided: readonly string[],
): RoleSets {
  const { policy } = draft;
  if (policy === null) return { ...NOTHING, grants: provided };
  const role = ruleOf(draft, key);
  if (role === undefined) return { ...NOTHING, grants: policy.extendsProvider ? provided : [] };
  if (role.scope !== ORGANIZATION) return policy.roles[key.key] === role ? role : NOTHING;
  if (definitionOf(draft, key.roleId).deleted) return NOTHING;
  const grants = policy.extendsProvider ? permissionSet([...role.grants, ...provided]) : role.grants;
  return { scope: ORGANIZATION, grants, featured: role.featured };
}

/** Whether what the provider says of a role counts for what its key grants. */
export function providerCounts(draft: Draft, key: string): boolean {
  const { policy } = draft;
  if (policy === null) return true;
  const rule = ruleOf(draft, { key, roleId: draft.roleKeys.get(key)?.roleId ?? null });
  return policy.extendsProvider && (rule === undefined || rule.scope === ORGANIZATION);
}

/**
 * What the policy says of a key. Members hold a role by its old key until they are told of again: to the policy a
 * renamed role is what it is called now. Roles in resources are called what metadata calls them, and nothing else.
 */
function ruleOf(
  draft: Draft,
  { key, roleId }: Pick<RoleKeyFact, 'key' | 'roleId'>,
): CompiledRole | undefined {
  const own = ruleNamed(draft, key);
  if (own !== undefined && own.scope !== ORGANIZATION) return own;
  return ruleNamed(draft, (roleId === null ? undefined : draft.roles.get(roleId)?.key) ?? key);
}

export function ruleNamed({ policy }: Draft, name: string): CompiledRole | undefined {
  return policy !== null && Object.hasOwn(policy.roles, name) ? policy.roles[name] : undefined;
}

/** Whether whoever goes from one to the other may lose something, be it only in organizations with some feature on. */
export function losesAny(before: RoleSets, after: RoleSets): boolean {
  if (before.scope !== after.scope) return before.grants.length > 0 || features(before).length > 0;
  const keeps = coveredBy(after.grants);
  if (before.grants.some((text) => !keeps(text))) return true;
  return features(before).some((feature) => {
    const kept = coveredBy([...after.grants, ...grantsWith(after, feature)]);
    return grantsWith(before, feature).some((text) => !kept(text));
  });
}

export function sameSets(a: RoleSets, b: RoleSets): boolean {
  return a.scope === b.scope && !losesAny(a, b) && !losesAny(b, a);
}

/** What it grants besides where the organization has the feature on. Features have any name, `toString` for one. */
export function grantsWith({ featured }: Pick<RoleSets, 'featured'>, feature: string): readonly string[] {
  return Object.hasOwn(featured, feature) ? (featured[feature] ?? []) : [];
}

function features({ featured }: RoleSets): string[] {
  return Object.keys(featured);
}
