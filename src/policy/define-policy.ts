import { checkPolicy } from './checks/check-policy.ts';
import type { PolicyDefinition } from './definition.ts';
import { PolicyError } from './policy-error.ts';

/**
 * Declares who can do what in an application. What types cannot catch throws one `PolicyError` that names every problem.
 * The answer is the definition itself, frozen: plain data.
 */
export function definePolicy<
  Permission extends string,
  Role extends string,
  Scope extends string = never,
  Feature extends string = never,
  Tool extends string = never,
>(
  definition: PolicyDefinition<Permission, Role, Scope, Feature, Tool>,
): PolicyDefinition<Permission, Role, Scope, Feature, Tool> {
  const checked = checkPolicy(definition);
  if ('problems' in checked) throw new PolicyError(checked.problems);
  freeze(definition);
  return definition;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}
