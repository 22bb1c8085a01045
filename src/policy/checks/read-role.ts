import { grantLabel } from '../grants.ts';
import type { Grant, ResolvedAssignmentRules } from '../resolved-policy.ts';
import type { RoleRules } from '../rules.ts';
import { fieldsOf, listOf, nameOf, namesOf, onceEach, type Report, textOf } from './shapes.ts';

const FIELDS = [
  'title',
  'description',
  'badge',
  'scope',
  'givenToCreator',
  'includes',
  'can',
  'assigns',
] as const;

export function readRole(key: string, value: unknown, report: Report): RoleRules {
  const at = `roles.${key}`;
  const fields = fieldsOf(value, at, FIELDS, report) ?? {};
  const { badge, scope, givenToCreator, includes, can, assigns } = fields;
  if (givenToCreator !== undefined && givenToCreator !== true) {
    report(`${at}.givenToCreator`, 'can only be true: leave it out');
  }
  return {
    key,
    scope: scope === undefined ? 'organization' : (nameOf(scope, `${at}.scope`, report) ?? 'organization'),
    title: textOf(fields['title'], `${at}.title`, report),
    description: textOf(fields['description'], `${at}.description`, report),
    badge: badge === undefined ? null : textOf(badge, `${at}.badge`, report),
    givenToCreator: givenToCreator === true,
    includes: includes === undefined ? [] : namesOf(includes, `${at}.includes`, report),
    grants: can === undefined ? [] : readGrants(can, `${at}.can`, report),
    assigns: readAssigns(assigns, `${at}.assigns`, report),
  };
}

function readGrants(value: unknown, at: string, report: Report): Grant[] {
  const grants = listOf(value, at, report).flatMap(
    (item, index) => readGrant(item, `${at}[${index}]`, report) ?? [],
  );
  return onceEach(grants, grantLabel, at, report);
}

function readGrant(value: unknown, at: string, report: Report): Grant | null {
  if (typeof value === 'string') {
    const permission = nameOf(value, at, report);
    return permission === null ? null : { permission };
  }
  const fields = fieldsOf(value, at, ['permission', 'only', 'feature'], report);
  if (fields === null) return null;
  const permission = nameOf(fields['permission'], `${at}.permission`, report);
  const { only, feature } = fields;
  if (only === undefined && feature === undefined) {
    report(at, 'has no condition: write the permission by itself');
  }
  if (only !== undefined && only !== 'own' && only !== 'assigned') {
    report(`${at}.only`, "can be 'own' or 'assigned'");
  }
  const featureName = feature === undefined ? null : nameOf(feature, `${at}.feature`, report);
  if (permission === null) return null;
  return {
    permission,
    ...(only === 'own' || only === 'assigned' ? { only } : {}),
    ...(featureName === null ? {} : { feature: featureName }),
  };
}

function readAssigns(value: unknown, at: string, report: Report): ResolvedAssignmentRules {
  if (value === undefined) return { invite: [], change: [], remove: [] };
  if (Array.isArray(value)) {
    const roles = namesOf(value, at, report);
    return { invite: roles, change: roles, remove: roles };
  }
  const fields = fieldsOf(value, at, ['invite', 'change', 'remove'], report) ?? {};
  const named = (verb: string): string[] =>
    fields[verb] === undefined ? [] : namesOf(fields[verb], `${at}.${verb}`, report);
  return { invite: named('invite'), change: named('change'), remove: named('remove') };
}
