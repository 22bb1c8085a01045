import { covers, grantLabel } from '../grants.ts';
import { lineage } from '../inheritance.ts';
import type { RoleRules, Rules } from '../rules.ts';
import type { Report } from './shapes.ts';

/** What is well formed and still does nothing: it was meant to. */
export function checkMeaning(rules: Rules, report: Report): void {
  const roles = [...rules.roles.values()];
  const lineages = new Map(roles.map((role) => [role, lineage(rules, role)]));
  for (const [role, family] of lineages) {
    checkConditions(role, family, report);
    // With the provider's permissions on top, a role may be there for its title.
    if (!rules.extendsProvider && family.every(({ grants }) => grants.length === 0)) {
      report(`roles.${role.key}`, 'grants nothing');
    }
  }

  const grants = roles.flatMap((role) => role.grants);
  const granted = new Set(grants.map(({ permission }) => permission));
  const features = new Set(grants.map(({ feature }) => feature));
  for (const permission of rules.permissions.keys()) {
    // Agents hold tools, and the provider's roles hold whatever the provider says.
    if (granted.has(permission) || permission.startsWith('tool:') || rules.extendsProvider) continue;
    report(`permissions.${permission}`, 'is granted by no role');
  }
  for (const feature of rules.features.keys()) {
    if (!features.has(feature)) report(`features.${feature}`, 'is a condition of nothing');
  }
  for (const scope of rules.scopes.keys()) {
    if (!roles.some((role) => role.scope === scope)) report(`scopes.${scope}`, 'has no roles');
  }
}

/** A condition on what the role has anyway does not restrict anybody, though its author thinks so. */
function checkConditions(role: RoleRules, family: readonly RoleRules[], report: Report): void {
  for (const grant of role.grants) {
    if (grant.only === undefined && grant.feature === undefined) continue;
    const wider = family.find(({ grants }) =>
      grants.some((other) => covers(other, grant) && !covers(grant, other)),
    );
    if (wider === undefined) continue;
    const through = wider === role ? '' : ` through "${wider.key}"`;
    report(
      `roles.${role.key}.can`,
      `${grantLabel(grant)} restricts nothing: the role has it anyway${through}`,
    );
  }
}
