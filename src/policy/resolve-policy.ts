import { checkPolicy } from './checks/check-policy.ts';
import { simplify } from './grants.ts';
import { lineage } from './inheritance.ts';
import { PolicyError } from './policy-error.ts';
import type { ResolvedPolicy, ResolvedRole } from './resolved-policy.ts';
import type { RoleRules, Rules } from './rules.ts';

/**
 * What a policy comes to: inheritance resolved, everything in one order. Takes anything, also a definition that did not
 * go through `definePolicy`, and throws the same `PolicyError`.
 */
export function resolvePolicy(policy: unknown): ResolvedPolicy {
  const checked = checkPolicy(policy);
  if ('problems' in checked) throw new PolicyError(checked.problems);
  const { rules } = checked;
  return {
    name: rules.name,
    ...(rules.extendsProvider ? { extends: 'provider' } : {}),
    scopes: ['organization', ...rules.scopes.keys()].sort(),
    ...(rules.scopes.size === 0 ? {} : { organizationRolesReach: sortedRecord(rules.scopes) }),
    permissions: sortedRecord(rules.permissions),
    ...(rules.features.size === 0 ? {} : { features: sortedRecord(rules.features) }),
    roles: sortedRecord(new Map([...rules.roles].map(([key, role]) => [key, resolveRole(rules, role)]))),
    constraints: [...rules.constraints].sort(byText),
    seats: rules.freeSeats === null ? {} : { free: [...rules.freeSeats].sort(byText) },
  };
}

function resolveRole(rules: Rules, role: RoleRules): ResolvedRole {
  const family = lineage(rules, role);
  const assigned = (verb: 'invite' | 'change' | 'remove'): string[] =>
    [...new Set(family.flatMap(({ assigns }) => assigns[verb]))].sort();
  return {
    scope: role.scope,
    title: role.title,
    description: role.description,
    ...(role.badge === null ? {} : { badge: role.badge }),
    ...(role.givenToCreator ? { givenToCreator: true } : {}),
    grants: simplify(family.flatMap(({ grants }) => grants)),
    assigns: { invite: assigned('invite'), change: assigned('change'), remove: assigned('remove') },
  };
}

/** Objects keep the order in which keys came in, which keys that begin with a letter leave alone. */
function sortedRecord<Value>(entries: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
