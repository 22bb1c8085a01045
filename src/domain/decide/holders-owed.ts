import type { Change } from '../changes.ts';
import type { Draft } from '../draft.ts';
import type { Consequences, HeldBefore, OwedEffect } from '../effects.ts';
import type { Facts } from '../facts.ts';
import { sameSets } from '../role-sets.ts';
import { sameSet } from '../sets.ts';
import type { PolicyDecision } from './policy.ts';
import { unheardKey } from './role-keys.ts';

/**
 * What is owed to those who lose by a role or a feature, where they are to be signed out: one effect however many they
 * are, with what they held by until the commit. Who they are is found out when it is carried out.
 */
export function holdersOwed(
  before: HeldBefore,
  changes: readonly Change[],
  consequences: Consequences,
): readonly OwedEffect[] {
  return changes.flatMap(({ kind, organizationId, cutoff, at }): OwedEffect[] => {
    // What is cut off at an exact time was not lost now: tokens may carry what was never held here.
    if (cutoff === null || !cutoff.notBeforeCommit) return [];
    const owed = { kind: 'revoke_holders', cutoff: cutoff.at, at, before } as const;
    if (kind === 'role_changed' && consequences.role === 'revoke') {
      return [{ ...owed, cause: 'role', organizationId: null }];
    }
    if (kind === 'features_changed' && consequences.feature === 'revoke') {
      return [{ ...owed, cause: 'feature', organizationId }];
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
  const before = { ...heldBefore(facts, draft), policy: { scopes, firstMembers } };
  return [{ kind: 'revoke_holders', cause: 'policy', organizationId: null, cutoff: at, at, before }];
}

/**
 * What members held by before a commit, as far as it moves that. All of it: whoever waits for the provider's word has
 * what several roles have in common, and what one of them gains in the commit that takes from another was never held.
 */
export function heldBefore(facts: Facts, draft: Draft): HeldBefore {
  const roles = [...draft.roleKeys.written].flatMap(([key, after]) => {
    const was = facts.roleKeys.get(key) ?? unheardKey(key);
    const { scope, grants, featured } = was;
    return sameSets(was, after) ? [] : [[key, { scope, grants, featured }] as const];
  });
  const features = [...draft.organizations.written].flatMap(([id, after]) => {
    const were = facts.organizations.get(id)?.features ?? [];
    return sameSet(were, after.features) ? [] : [[id, were] as const];
  });
  return { roles: Object.fromEntries(roles), features: Object.fromEntries(features), policy: null };
}
