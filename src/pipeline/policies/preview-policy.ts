import { decidePolicy, type PolicyDecision, type RoleDifference } from '../../domain/decide/policy.ts';
import { compilePolicy } from '../../policy/compile-policy.ts';
import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import { factKeys } from '../fact-keys.ts';
import type { Clock, Conduct, Holders, PolicyStore, Reading, Store } from '../ports.ts';
import { losesTooMany, TOLERATED_LOSS } from './judge-loss.ts';

export interface PolicyTools extends Conduct {
  readonly store: Pick<Store, 'read' | 'commit'>;
  readonly policies: PolicyStore;
  readonly clock: Clock;
}

/** What activating a policy would change, and for how many. */
export interface PolicyPreview {
  /** The version that is active now; 0 for none. */
  readonly active: number;
  /** The policy is the active one already: nothing would change. */
  readonly unchanged: boolean;
  readonly roles: readonly (RoleDifference & { readonly members: number })[];
  /** Members whose older tokens would be refused, because a role of theirs loses something. */
  readonly cutOff: number;
  /** Some of them, as many as fit on a screen. */
  readonly sample: Holders['sample'];
  readonly members: number;
  /** More would lose access than may without an operator's approval. */
  readonly tooMany: boolean;
}

export interface Previewed {
  readonly preview: PolicyPreview;
  readonly reading: Reading;
  readonly decision: PolicyDecision;
}

/** Compares a policy with what is active. Changes nothing. */
export async function previewPolicy(
  tools: PolicyTools,
  policy: ResolvedPolicy,
  digest: string,
): Promise<Previewed> {
  const active = await tools.policies.readActivePolicy();
  const reading = await tools.store.read({ ...factKeys([], []), catalog: true });
  const decision = decidePolicy(reading.facts, compilePolicy(policy), tools.clock.now());
  const { differences, losing } = decision;
  const holders = await tools.policies.countHolders(
    differences.map(({ role }) => role),
    losing,
    TOLERATED_LOSS,
  );
  const roles = differences.map((one) => ({ ...one, members: holders.byRole[one.role] ?? 0 }));
  const preview: PolicyPreview = {
    active: active?.version ?? 0,
    unchanged: active?.digest === digest,
    roles,
    cutOff: holders.losing,
    sample: holders.sample,
    members: holders.members,
    tooMany: losesTooMany(holders),
  };
  return { preview, reading, decision };
}
