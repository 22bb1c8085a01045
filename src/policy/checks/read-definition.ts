import type { Rules } from '../rules.ts';
import { readConstraints } from './read-constraints.ts';
import { readRole } from './read-role.ts';
import { readSeats } from './read-seats.ts';
import { declarations, descriptions, fieldsOf, type Report, textOf } from './shapes.ts';

const FIELDS = [
  'name',
  'extends',
  'scopes',
  'permissions',
  'features',
  'agents',
  'roles',
  'constraints',
  'seats',
];

/** Reads whatever was given; null when it is nothing like a policy. What cannot be understood is reported and left out. */
export function readDefinition(definition: unknown, report: Report): Rules | null {
  const fields = fieldsOf(definition, 'policy', FIELDS, report);
  if (fields === null) return null;
  const { extends: base, scopes, permissions, features, agents, roles, constraints, seats } = fields;
  if (base !== undefined && base !== 'provider') report('extends', "can only be 'provider'");
  return {
    name: textOf(fields['name'], 'name', report),
    extendsProvider: base === 'provider',
    scopes: readScopes(scopes, report),
    permissions: new Map([...readPermissions(permissions, report), ...readTools(agents, report)]),
    features: features === undefined ? new Map() : descriptions(features, 'features', report),
    roles: new Map(
      declarations(roles, 'roles', report).map(([key, role]) => [key, readRole(key, role, report)]),
    ),
    constraints: constraints === undefined ? [] : readConstraints(constraints, report),
    freeSeats: seats === undefined ? null : readSeats(seats, report),
  };
}

function readScopes(value: unknown, report: Report): Map<string, boolean> {
  const scopes = new Map<string, boolean>();
  for (const [scope, definition] of value === undefined ? [] : declarations(value, 'scopes', report)) {
    const at = `scopes.${scope}`;
    if (scope === 'organization') report(at, 'is always there and cannot be declared');
    const fields = fieldsOf(definition, at, ['description', 'organizationRolesReach'], report);
    if (fields === null) continue;
    textOf(fields['description'], `${at}.description`, report);
    const reach = fields['organizationRolesReach'];
    if (typeof reach !== 'boolean') report(`${at}.organizationRolesReach`, 'must be true or false');
    scopes.set(scope, reach === true);
  }
  return scopes;
}

function readPermissions(value: unknown, report: Report): Map<string, string> {
  const permissions = descriptions(value, 'permissions', report);
  for (const key of permissions.keys()) {
    if (key.startsWith('tool:')) report(`permissions.${key}`, 'is a tool: declare it in agents.tools');
  }
  return permissions;
}

function readTools(agents: unknown, report: Report): (readonly [string, string])[] {
  if (agents === undefined) return [];
  const fields = fieldsOf(agents, 'agents', ['tools'], report);
  if (fields === null) return [];
  const tools = descriptions(fields['tools'], 'agents.tools', report);
  return [...tools].map(([tool, description]) => [`tool:${tool}`, description]);
}
