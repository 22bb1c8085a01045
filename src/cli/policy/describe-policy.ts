import type {
  Grant,
  ResolvedAssignmentRules,
  ResolvedConstraint,
  ResolvedPolicy,
} from '../../policy/index.ts';
import { table } from '../table.ts';

/** A policy for people: what each role may do, scope by scope, and whom it may make what. */
export function describePolicy(policy: ResolvedPolicy): string {
  const blocks = [
    heading(policy),
    ...policy.scopes.flatMap((scope) => describeScope(policy, scope)),
    describeRest(policy),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading({ name, extends: base, organizationRolesReach = {} }: ResolvedPolicy): string {
  return [
    name,
    ...(base === 'provider' ? ['Other roles keep the permissions that the provider gives them.'] : []),
    ...Object.entries(organizationRolesReach).map(
      ([scope, reach]) => `Organization roles ${reach ? 'reach' : 'do not reach'} into every ${scope}.`,
    ),
  ].join('\n');
}

function describeScope({ roles, permissions }: ResolvedPolicy, scope: string): string[] {
  const ofScope = Object.entries(roles).filter(([, role]) => role.scope === scope);
  const rows = Object.keys(permissions).map((permission) => [
    permission,
    ...ofScope.map(([, { grants }]) => cell(grants, permission)),
  ]);
  return [
    table([[scope, ...ofScope.map(([key]) => key)], ...rows.filter((row) => row.slice(1).some(Boolean))]),
    ...ofScope.map(([key, { title, description, badge, assigns, givenToCreator }]) =>
      [
        `${key}: ${title}${badge === undefined ? '' : ` (${badge})`}`,
        `  ${description}`,
        ...(givenToCreator === true ? ['  Given to whoever creates it.'] : []),
        ...describeAssigns(assigns),
      ].join('\n'),
    ),
  ];
}

function describeAssigns({ invite, change, remove }: ResolvedAssignmentRules): string[] {
  const lines = { Invites: invite, Changes: change, Removes: remove };
  const [first = '', ...others] = Object.values(lines).map((roles) => roles.join(', '));
  if (others.every((other) => other === first)) return first === '' ? [] : [`  Assigns ${first}`];
  return Object.entries(lines).flatMap(([verb, roles]) =>
    roles.length === 0 ? [] : [`  ${verb} ${roles.join(', ')}`],
  );
}

function cell(grants: readonly Grant[], permission: string): string {
  return grants
    .filter((grant) => grant.permission === permission)
    .map(({ only, feature }) => [only, ...(feature === undefined ? [] : [`if ${feature}`])].filter(Boolean))
    .map((conditions) => (conditions.length === 0 ? 'yes' : conditions.join(' ')))
    .join(' / ');
}

function describeRest({ constraints, seats }: ResolvedPolicy): string {
  const free = (seats.free ?? []).map(
    ({ role, upTo, fromSeats }) =>
      `Free seats: ${role}${upTo === undefined ? '' : `, up to ${upTo}`}${fromSeats === undefined ? '' : `, from ${fromSeats} members on`}.`,
  );
  return [...constraints.map(describeConstraint), ...free].join('\n');
}

function describeConstraint(constraint: ResolvedConstraint): string {
  return 'exactlyOne' in constraint
    ? `Exactly one ${constraint.exactlyOne}, settled within ${constraint.settleSeconds} s.`
    : `The first ${constraint.count} members become ${constraint.firstMembersBecome}.`;
}
