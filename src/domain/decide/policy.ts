import type { Change } from '../changes.ts';
import { type CompiledPolicy, ORGANIZATION } from '../compiled-policy.ts';
import { Draft } from '../draft.ts';
import type { Facts, RoleKeyFact } from '../facts.ts';
import { grantsWith } from '../role-sets.ts';
import { difference } from '../sets.ts';
import { latest } from '../version.ts';
import { putProvided, rederiveAll, roleChange, roleCutoff, unheardKey } from './role-keys.ts';

/** What one role's holders gain and lose when another policy is activated. */
export interface RoleDifference {
  readonly role: string;
  readonly scope: string;
  /** As `grantText` writes them; what hangs on a feature is followed by `if <feature>`. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

export interface PolicyDecision {
  readonly draft: Draft;
  /** Of the roles whose grants move, in order of their keys. */
  readonly differences: readonly RoleDifference[];
  /** Roles whose holders may lose something, be it by reach or by who the first members are. */
  readonly losing: readonly string[];
}

/**
 * What every role key grants under another policy: O(roles), no member is looked at. Whoever holds a role that loses
 * something has older tokens refused, from the commit on.
 *
 * @param facts the whole catalogue.
 * @param at our clock, milliseconds: a policy has no time of the provider's.
 */
export function decidePolicy(facts: Facts, next: CompiledPolicy, at: number): PolicyDecision {
  const draft = new Draft({ ...facts, policy: next });
  // Before the roles: whoever keeps a copy must not take their new grants to the places that the old ones reached.
  draft.changes.push(policyChange(facts.policy, next, at));
  rederiveAll(draft, at);
  for (const key of Object.keys(next.roles)) {
    if (draft.roleKeys.get(key) === undefined) putProvided(draft, unheardKey(key), [], at);
  }
  const firstMoved = !sameFirstMembers(facts.policy, next);
  // Whoever is not among the first any more loses what came with that, be it all that they had.
  const firstWere = firstMoved && (facts.policy?.firstMembers ?? null) !== null;
  if (firstMoved || losesPlaces(facts.policy, next)) {
    cutAll(draft, (key) => firstWere || grantsAnything(facts.roleKeys.get(key)), at);
  }
  const differences = [...draft.roleKeys.written.keys()]
    .sort()
    .flatMap((key) => differenceOf(facts, draft, key));
  return { draft, differences, losing: losingRoles(draft) };
}

/** Whether there is a place that roles do not reach any more. */
function losesPlaces(before: CompiledPolicy | null, after: CompiledPolicy): boolean {
  const reached = Object.entries(before?.scopes ?? {}).filter(([, reaches]) => reaches);
  return reached.some(([type]) => after.scopes[type] !== true);
}

function grantsAnything(key: RoleKeyFact | undefined): boolean {
  return key !== undefined && (key.grants.length > 0 || Object.keys(key.featured).length > 0);
}

function sameFirstMembers(before: CompiledPolicy | null, after: CompiledPolicy): boolean {
  const [was, is] = [before?.firstMembers ?? null, after.firstMembers];
  return was?.role === is?.role && (was?.count ?? 0) === (is?.count ?? 0);
}

function cutAll(draft: Draft, loses: (key: string) => boolean, at: number): void {
  const cut = losingRoles(draft);
  for (const key of draft.roleKeys.values()) {
    if (key.scope !== ORGANIZATION || !loses(key.key) || cut.includes(key.key)) continue;
    draft.roleKeys.put(key.key, { ...key, cutoff: latest(key.cutoff, at) });
    draft.changes.push(roleChange(key, roleCutoff(key.key, at, true), at));
  }
}

function losingRoles(draft: Draft): string[] {
  return draft.changes.flatMap(({ cutoff }) => (cutoff?.of === 'role' ? [cutoff.id] : []));
}

/** Roles are told of one by one. Who holds which of them, and whether agents hold anything, is not. */
function policyChange(before: CompiledPolicy | null, after: CompiledPolicy, at: number): Change {
  const sameHolders =
    sameFirstMembers(before, after) && (before?.readsOrganizations ?? false) === after.readsOrganizations;
  return {
    kind: 'policy_changed',
    organizationId: null,
    userId: null,
    agentId: null,
    role: null,
    permissions: [],
    details: { scopes: after.scopes, unsure: sameHolders ? 'resources' : 'everything' },
    cutoff: null,
    at,
  };
}

function differenceOf(facts: Facts, draft: Draft, key: string): RoleDifference[] {
  const before = facts.roleKeys.get(key);
  const after = draft.roleKeys.get(key);
  if (after === undefined) return [];
  const lost = wordsFor(before, after.scope === before?.scope ? after : undefined);
  const gained = wordsFor(after, after.scope === before?.scope ? before : undefined);
  return lost.length + gained.length === 0 ? [] : [{ role: key, scope: after.scope, gained, lost }];
}

type Sets = {
  readonly grants: readonly string[];
  readonly featured: Readonly<Record<string, readonly string[]>>;
};

/** What `held` grants that `other` does not. */
function wordsFor(held: Sets | undefined, other: Sets | undefined): string[] {
  if (held === undefined) return [];
  const outright = other?.grants ?? [];
  const conditional = Object.entries(held.featured).flatMap(([feature, grants]) =>
    difference(grants, [...outright, ...(other === undefined ? [] : grantsWith(other, feature))]).map(
      (text) => `${text} if ${feature}`,
    ),
  );
  return [...difference(held.grants, outright), ...conditional];
}
