import { ORGANIZATION } from './compiled-policy.ts';
import type { Draft } from './draft.ts';
import type { RoleKeyFact } from './facts.ts';
import { coveredBy } from './grant.ts';
import { permissionSet } from './sets.ts';

/** What a role's key grants in the end, and where. */
export type RoleSets = Pick<RoleKeyFact, 'scope' | 'grants' | 'featured'>;

/**
 * What a key whose role the provider makes grant `provided` comes to under the active policy. A role that the provider
 * has deleted grants nothing, whatever the policy says of its key.
 */
export function roleSets(draft: Draft, key: string, provided: readonly string[], deleted: boolean): RoleSets {
  const { policy } = draft;
  if (policy === null) return { scope: ORGANIZATION, grants: provided, featured: {} };
  const role = Object.hasOwn(policy.roles, key) ? policy.roles[key] : undefined;
  if (role === undefined) {
    return { scope: ORGANIZATION, grants: policy.extendsProvider ? provided : [], featured: {} };
  }
  if (role.scope !== ORGANIZATION) return role;
  if (deleted) return { scope: ORGANIZATION, grants: [], featured: {} };
  const grants = policy.extendsProvider ? permissionSet([...role.grants, ...provided]) : role.grants;
  return { scope: ORGANIZATION, grants, featured: role.featured };
}

/** Whether what the provider says of a role counts for what its key grants. */
export function providerCounts({ policy }: Draft, key: string): boolean {
  if (policy === null) return true;
  const scope = Object.hasOwn(policy.roles, key) ? policy.roles[key]?.scope : ORGANIZATION;
  return policy.extendsProvider && scope === ORGANIZATION;
}

/** Whether whoever goes from one to the other may lose something, be it only in organizations with some feature on. */
export function losesAny(before: RoleSets, after: RoleSets): boolean {
  if (before.scope !== after.scope) return before.grants.length > 0 || features(before).length > 0;
  const keeps = coveredBy(after.grants);
  if (before.grants.some((text) => !keeps(text))) return true;
  return features(before).some((feature) => {
    const kept = coveredBy([...after.grants, ...(after.featured[feature] ?? [])]);
    return (before.featured[feature] ?? []).some((text) => !kept(text));
  });
}

export function sameSets(a: RoleSets, b: RoleSets): boolean {
  return a.scope === b.scope && !losesAny(a, b) && !losesAny(b, a);
}

function features({ featured }: RoleSets): string[] {
  return Object.keys(featured);
}
