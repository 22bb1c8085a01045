import type { CompiledPolicy } from '../../../src/domain/compiled-policy.ts';
import { type Membership, permissionsOf, type World } from './world.ts';

// What a policy makes of the provider's world: written down without a look at how Rolecall derives it.

/** The role of the first to join, for them; null for everybody else. */
export function founderRole(
  world: World,
  policy: CompiledPolicy | null,
  { organizationId, userId }: Pick<Membership, 'organizationId' | 'userId'>,
): string | null {
  if (policy === null || policy.firstMembers === null) return null;
  const { role, count } = policy.firstMembers;
  const joined = [...world.joined].filter(([pair]) => pair.startsWith(`${organizationId}/`));
  const first = joined.sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1)).slice(0, count);
  return first.some(([pair]) => pair === `${organizationId}/${userId}`) ? role : null;
}

/** All that a member holds, as texts of grants, sorted. */
export function heldBy(
  world: World,
  policy: CompiledPolicy | null,
  membership: Membership,
): readonly string[] {
  if (policy === null) return permissionsOf(world, membership.roleId);
  const on = world.organizations.get(membership.organizationId)?.features ?? [];
  const founder = founderRole(world, policy, membership);
  const outright =
    founder === null
      ? granted(policy, world.roles.get(membership.roleId)?.key ?? '', 'organization', on, {
          provided: permissionsOf(world, membership.roleId),
        })
      : granted(policy, founder, 'organization', on);
  const reached = Object.entries(policy.scopes)
    .filter(([, reaches]) => reaches)
    .flatMap(([type]) => outright.map((text) => `${text} @${type}/*`));
  const inResources = Object.entries(membership.workspaces).flatMap(([id, role]) =>
    granted(policy, role, 'workspace', on).map((text) => `${text} @workspace/${id}`),
  );
  const known = Object.hasOwn(policy.scopes, 'workspace') ? inResources : [];
  return [...new Set([...outright, ...reached, ...known])].sort();
}

function granted(
  policy: CompiledPolicy,
  key: string,
  scope: string,
  on: readonly string[],
  { provided = [] }: { readonly provided?: readonly string[] } = {},
): string[] {
  const byProvider = policy.extendsProvider ? provided : [];
  const role = policy.roles[key];
  if (role === undefined) return scope === 'organization' ? [...byProvider] : [];
  if (role.scope !== scope) return [];
  return [...role.grants, ...byProvider, ...on.flatMap((feature) => role.featured[feature] ?? [])];
}

/** Whether somebody with these grants may do what one text says: under a condition as well as for all, there as everywhere. */
export function allows(held: readonly string[], text: string): boolean {
  const [permission = '', ...rest] = text.split(' ');
  const place = rest.find((part) => part.startsWith('@'));
  const places = place === undefined ? [''] : [` ${place}`, ` ${place.replace(/\/.*$/, '/*')}`];
  const condition = rest.find((part) => part !== place);
  const conditions = condition === undefined ? [''] : [` ${condition}`, ''];
  return places.some((at) => conditions.some((only) => held.includes(`${permission}${only}${at}`)));
}
