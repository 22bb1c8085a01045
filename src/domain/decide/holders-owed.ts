import type { Change } from '../changes.ts';
import type { Consequences, HeldBefore, OwedEffect } from '../effects.ts';
import type { Facts } from '../facts.ts';
import type { PolicyDecision } from './policy.ts';

/**
 * What is owed to those who lose by a role or a feature, where they are to be signed out: one effect however many they
 * are, with what they held by until now. Who they are is found out when it is carried out.
 *
 * @param facts as they were read: what no commit has written nobody held.
 */
export function holdersOwed(
  facts: Facts,
  changes: readonly Change[],
  consequences: Consequences,
): readonly OwedEffect[] {
  return changes.flatMap(({ kind, organizationId, role, cutoff, at }): OwedEffect[] => {
    // What is cut off at an exact time was not lost now: tokens may carry what was never held here.
    if (cutoff === null || !cutoff.notBeforeCommit) return [];
    const owed = { kind: 'revoke_holders', cutoff: cutoff.at, at } as const;
    if (kind === 'role_changed' && role !== null && consequences.role === 'revoke') {
      const before = { roles: setsBefore(facts, [role]), features: null, policy: null };
      return [{ ...owed, cause: 'role', organizationId: null, before }];
    }
    if (kind === 'features_changed' && organizationId !== null && consequences.feature === 'revoke') {
      const features = facts.organizations.get(organizationId)?.features ?? [];
      return [{ ...owed, cause: 'feature', organizationId, before: { roles: {}, features, policy: null } }];
    }
    return [];
  });
}

/** The same for another policy: it moves what roles grant, where they reach and who the first members are. */
export function holdersOwedByPolicy(
  facts: Facts,
  { draft, losing }: PolicyDecision,
  at: number,
  consequences: Consequences,
): readonly OwedEffect[] {
  if (losing.length === 0 || consequences.policy !== 'revoke') return [];
  const { scopes = {}, firstMembers = null } = facts.policy ?? {};
  const roles = setsBefore(facts, [...draft.roleKeys.written.keys()]);
  const before = { roles, features: null, policy: { scopes, firstMembers } };
  return [{ kind: 'revoke_holders', cause: 'policy', organizationId: null, cutoff: at, at, before }];
}

function setsBefore(facts: Facts, keys: readonly string[]): HeldBefore['roles'] {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const row = facts.roleKeys.get(key);
      if (row === undefined) return [];
      const { scope, grants, featured } = row;
      return [[key, { scope, grants, featured }] as const];
    }),
  );
}
