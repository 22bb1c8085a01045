import { accessOf, accessThrough, derivedRole } from './access.ts';
import { Draft } from './draft.ts';
import type { HeldBefore } from './effects.ts';
import type { Facts } from './facts.ts';
import type { OrganizationId, UserId } from './ids.ts';
import { difference } from './sets.ts';

/** A member whom a change may have reached. */
export interface Holder {
  readonly organizationId: OrganizationId;
  readonly userId: UserId;
  /** Whether they were among the first members that the policy before spoke of. */
  readonly wasFirst: boolean;
}

/** Those who hold less now than they would by what held before: by the same derivation, whatever it is that moved. */
export function losersAmong(facts: Facts, before: HeldBefore, holders: readonly Holder[]): readonly UserId[] {
  const [now, then] = [new Draft(facts), new Draft(factsBefore(facts, before))];
  const losers = holders.filter((holder) => {
    const { organizationId, userId, wasFirst } = holder;
    const first = before.policy?.firstMembers?.role ?? null;
    const derived = before.policy === null ? derivedRole(now, holder) : wasFirst ? first : null;
    const held = accessThrough(then, organizationId, userId, derived).permissions;
    return difference(held, accessOf(now, organizationId, userId).permissions).length > 0;
  });
  return [...new Set(losers.map(({ userId }) => userId))].sort();
}

function factsBefore(facts: Facts, { roles, features, policy }: HeldBefore): Facts {
  const roleKeys = [...facts.roleKeys].map(
    ([key, row]) => [key, { ...row, ...(Object.hasOwn(roles, key) ? roles[key] : {}) }] as const,
  );
  const organizations = [...facts.organizations].map(
    ([id, row]) => [id, { ...row, features: features[id] ?? row.features }] as const,
  );
  return {
    ...facts,
    roleKeys: new Map(roleKeys),
    organizations: new Map(organizations),
    policy: facts.policy === null || policy === null ? facts.policy : { ...facts.policy, ...policy },
  };
}
