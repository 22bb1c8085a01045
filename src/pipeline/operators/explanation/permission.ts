import { ORGANIZATION } from '../../../domain/compiled-policy.ts';
import type { RoleKeyFact } from '../../../domain/facts.ts';
import { EVERY, grantOf } from '../../../domain/grant.ts';
import { definitionOf } from '../../../domain/provided.ts';
import { grantsWith } from '../../../domain/role-sets.ts';
import type { AuditEntry } from '../../ports.ts';
import type { Case } from './case.ts';
import { type Because, because, changeThat, sourceIn } from './trail.ts';

/** How many of a list are named in a sentence. */
const MOST_NAMED = 5;

/** Why a member, in the role they hold, has the permission in the organization itself, or has not. */
export function permissionWords(one: Case, permission: string): readonly Because[] {
  const { access, draft } = one;
  const { role } = access;
  if (role === null) return [];
  if (permission.includes(' ')) return [because('unknown_permission', 'A permission has no space in it')];
  const key = draft.roleKeys.get(role);
  const held = access.permissions.includes(permission);
  return [
    ...(held ? granted(one, role, permission) : denied(one, role, key, permission)),
    ...(key === undefined ? [] : whoSaysSo(one, key)),
  ];
}

function featuresOn({ organization }: Case): readonly string[] {
  return organization?.features ?? [];
}

function granted(one: Case, role: string, permission: string): Because[] {
  const key = one.draft.roleKeys.get(role);
  if (key?.grants.includes(permission) === true) {
    return [because('granted_by_role', `${role} grants ${permission}`)];
  }
  const feature = featuresOn(one).find(
    (name) => key !== undefined && grantsWith(key, name).includes(permission),
  );
  const where = `${role} grants ${permission} where ${feature ?? 'a feature'} is on, as it is here`;
  return [because('granted_by_feature', where)];
}

function denied(one: Case, role: string, key: RoleKeyFact | undefined, permission: string): Because[] {
  const found = [
    ...aboutRole(one, role, key),
    ...(key?.scope === ORGANIZATION ? almost(one, role, key, permission) : []),
    ...inResources(one, permission),
  ];
  const told =
    found.length > 0 ? found : [because('role_does_not_grant', `${role} does not grant ${permission}`)];
  return [...told, ...lost(one, role, permission), ...whoElse(one, permission)];
}

/** Held once, by this member or by whoever holds the role, and the change that took it. */
function lost({ question, provenance }: Case, role: string, permission: string): Because[] {
  const { organizationId, userId } = question;
  const ofMember = provenance.changes.filter(
    (entry) => entry.organizationId === organizationId && entry.userId === userId,
  );
  const ofRole = provenance.changes.filter((entry) => entry.kind === 'role_changed' && entry.role === role);
  return [
    ...lostIn(ofMember, permission).map((entry) =>
      because('lost', `${userId} held ${permission} until ${entry.at}`, sourceIn(entry)),
    ),
    ...lostIn(ofRole, permission).map((entry) =>
      because('role_lost', `${role} granted ${permission} until ${entry.at}`, sourceIn(entry)),
    ),
  ];
}

/** The latest of these changes, the newest first, after which the permission was not there any more. */
function lostIn(entries: readonly AuditEntry[], permission: string): readonly AuditEntry[] {
  const has = (entry: AuditEntry | undefined) => entry?.permissions.includes(permission) === true;
  return entries.filter((entry, index) => !has(entry) && has(entries[index + 1])).slice(0, 1);
}

/** What is wrong with the role itself. */
function aboutRole({ draft, policy }: Case, role: string, key: RoleKeyFact | undefined): Because[] {
  if (key === undefined)
    return [because('role_unknown', `Nothing was ever told of the role ${role}: it grants nothing`)];
  if (definitionOf(draft, key.roleId).deleted) {
    return [because('role_deleted', `Clerk has deleted the role ${role}: it grants nothing`)];
  }
  if (key.scope !== ORGANIZATION) {
    return [
      because(
        'role_of_resources',
        `${role} is a role in a ${key.scope}, and grants nothing in the organization`,
      ),
    ];
  }
  const name = (key.roleId === null ? undefined : draft.roles.get(key.roleId)?.key) ?? role;
  const unknown =
    policy !== null && !Object.hasOwn(policy.document.roles, name) && policy.document.extends === undefined;
  if (!unknown) return [];
  return [because('role_not_in_policy', `The policy does not know the role ${name}: it grants nothing`)];
}

/** Held, but for a condition that the question does not meet. */
function almost(one: Case, role: string, key: RoleKeyFact, permission: string): Because[] {
  const found: Because[] = [];
  const on = featuresOn(one);
  const here = [...key.grants, ...on.flatMap((feature) => grantsWith(key, feature))];
  if (here.includes(permission)) {
    const text = `${role} grants ${permission}, and a newer role that waits for Clerk’s word does not`;
    found.push(because('withheld_by_newer_role', text));
  }
  for (const only of ['own', 'assigned'] as const) {
    if (!here.includes(`${permission} ${only}`)) continue;
    const whose = only === 'own' ? 'for what they own' : 'for what they are assigned to';
    found.push(because(`only_${only}`, `${role} grants ${permission} ${whose} and nothing else`));
  }
  for (const feature of Object.keys(key.featured).filter((name) => !on.includes(name))) {
    if (!grantsWith(key, feature).some((text) => grantOf(text).permission === permission)) continue;
    const text = `${role} grants ${permission} where ${feature} is on, and here it is off`;
    found.push(because('feature_off', text));
  }
  return found;
}

function inResources({ access }: Case, permission: string): Because[] {
  const places = access.permissions.map(grantOf).flatMap((grant) => {
    if (grant.permission !== permission || grant.scope === null || grant.scope.id === EVERY) return [];
    return [`${grant.scope.type} ${grant.scope.id}${grant.only === null ? '' : ` (${grant.only})`}`];
  });
  if (places.length === 0) return [];
  const text = `It is held in resources alone: ${named(places)}`;
  return [because('only_in_resources', text)];
}

function whoElse({ draft, policy }: Case, permission: string): Because[] {
  const granting = draft.roleKeys
    .values()
    .filter((key) =>
      [...key.grants, ...Object.values(key.featured).flat()].some(
        (text) => grantOf(text).permission === permission,
      ),
    )
    .map(({ key, scope }) => (scope === ORGANIZATION ? key : `${key} (in a ${scope})`))
    .sort();
  if (granting.length > 0) {
    return [because('granted_by_others', `Roles that grant ${permission}: ${named(granting)}`)];
  }
  const declared = policy !== null && Object.hasOwn(policy.document.permissions, permission);
  const text = `No role grants ${permission}${declared ? '' : ': it may be misspelt'}`;
  return [because(declared ? 'granted_by_nobody' : 'unknown_permission', text)];
}

/** Whose word it is what the role grants: the active policy's, the provider's, or both. */
function whoSaysSo({ policy, provenance, draft }: Case, key: RoleKeyFact): Because[] {
  const change = changeThat(provenance, ({ kind, role }) => kind === 'role_changed' && role === key.key);
  const source = change === null ? null : sourceIn(change);
  const provided = because('role_by_provider', `What ${key.key} grants is said by Clerk`, source);
  if (policy === null) return [provided];
  const { name, version, by, at, reason, document } = policy;
  const why = reason === '' ? '' : `: “${reason}”`;
  const text = `What ${key.key} grants is said by the policy ${name}, version ${version}, applied by ${by} at ${at}${why}`;
  const said = because('role_by_policy', text, {
    delivery: null,
    revision: change?.revision ?? null,
    at,
    words: '',
  });
  const inPolicy = Object.hasOwn(
    document.roles,
    (key.roleId === null ? undefined : draft.roles.get(key.roleId)?.key) ?? key.key,
  );
  if (document.extends === undefined) return [said];
  return inPolicy ? [said, provided] : [provided];
}

function named(list: readonly string[]): string {
  const more = list.length - MOST_NAMED;
  return `${list.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
