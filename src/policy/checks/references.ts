import type { RoleRules, Rules } from '../rules.ts';
import type { Report } from './shapes.ts';

/** Every name must lead somewhere, and roles only to roles of their own scope. */
export function checkReferences(rules: Rules, report: Report): void {
  for (const role of rules.roles.values()) {
    const at = `roles.${role.key}`;
    if (role.scope !== 'organization' && !rules.scopes.has(role.scope)) {
      report(`${at}.scope`, `there is no scope "${role.scope}"`);
    }
    for (const { permission, feature } of role.grants) {
      if (!rules.permissions.has(permission)) report(`${at}.can`, `there is no permission "${permission}"`);
      if (feature !== undefined && !rules.features.has(feature)) {
        report(`${at}.can`, `there is no feature "${feature}"`);
      }
    }
    for (const other of role.includes) checkRole(rules, role, other, `${at}.includes`, report);
    for (const [at, other] of assigned(role)) checkRole(rules, role, other, at, report);
  }
}

/** The roles that a role's assignment rules name, each with its place. Written as one list, each stands once. */
function assigned({ key, assigns: { invite, change, remove } }: RoleRules): (readonly [string, string])[] {
  const at = `roles.${key}.assigns`;
  if (invite === change && change === remove) return invite.map((role) => [at, role]);
  return Object.entries({ invite, change, remove }).flatMap(([verb, roles]) =>
    roles.map((role) => [`${at}.${verb}`, role] as const),
  );
}

function checkRole(rules: Rules, from: RoleRules, to: string, at: string, report: Report): void {
  const role = rules.roles.get(to);
  if (role === undefined) report(at, `there is no role "${to}"`);
  else if (role.scope !== from.scope) {
    report(at, `"${to}" is a role of the scope ${role.scope}, "${from.key}" of the scope ${from.scope}`);
  }
}

/** Constraints and seats count the members of an organization, so they speak of its roles. */
export function checkOrganizationRole(rules: Rules, key: string, at: string, report: Report): void {
  const role = rules.roles.get(key);
  if (role === undefined) report(at, `there is no role "${key}"`);
  else if (role.scope !== 'organization') report(at, `"${key}" is a role of the scope ${role.scope}`);
}
