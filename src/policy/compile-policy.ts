import type { CompiledPolicy, CompiledRole } from '../domain/compiled-policy.ts';
import { grantText } from '../domain/grant.ts';
import type { Grant, ResolvedPolicy, ResolvedRole } from './resolved-policy.ts';

/** What decisions need of a policy, in the form that is stored with it. */
export function compilePolicy(policy: ResolvedPolicy): CompiledPolicy {
  const first = policy.constraints.flatMap((one) =>
    'firstMembersBecome' in one ? [{ role: one.firstMembersBecome, count: one.count }] : [],
  );
  return {
    extendsProvider: policy.extends === 'provider',
    scopes: policy.organizationRolesReach ?? {},
    roles: Object.fromEntries(
      Object.entries(policy.roles).map(([key, role]) => [key, compileRole(role)] as const),
    ),
    readsOrganizations:
      policy.features !== undefined ||
      Object.keys(policy.permissions).some((permission) => permission.startsWith('tool:')),
    firstMembers: first[0] ?? null,
    exactlyOne: policy.constraints.flatMap((one) =>
      'exactlyOne' in one ? [{ role: one.exactlyOne, settleSeconds: one.settleSeconds }] : [],
    ),
  };
}

function compileRole({ scope, grants, assigns }: ResolvedRole): CompiledRole {
  const featured = new Map<string, string[]>();
  for (const { feature, ...grant } of grants) {
    if (feature !== undefined) featured.set(feature, [...(featured.get(feature) ?? []), textOf(grant)]);
  }
  return {
    scope,
    grants: grants
      .filter(({ feature }) => feature === undefined)
      .map(textOf)
      .sort(),
    featured: Object.fromEntries([...featured].map(([feature, texts]) => [feature, texts.sort()] as const)),
    invites: assigns.invite,
  };
}

function textOf({ permission, only }: Pick<Grant, 'permission' | 'only'>): string {
  return grantText({ permission, only: only ?? null, scope: null });
}
