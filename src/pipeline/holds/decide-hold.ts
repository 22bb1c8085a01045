import { type Applied, applyPolicy } from '../policies/apply-policy.ts';
import type { PolicyTools } from '../policies/preview-policy.ts';
import type { AbsencesDecision, Hold, ReconciliationStore } from '../ports.ts';

export interface HoldTools extends PolicyTools {
  readonly reconciler: {
    readonly reconciliations: Pick<ReconciliationStore, 'decideAbsences' | 'settleAbsences'>;
  };
}

export type HoldDecided =
  | Applied
  /** The provider is asked about each of those who were not listed: its answers decide. */
  | { readonly result: 'asked' }
  | { readonly result: 'rejected' }
  /** There is no such hold, or somebody has decided on it before. */
  | { readonly result: 'not_waiting'; readonly hold: Hold | null };

/** Absences settled while the operator waits; the lane of reconciliations goes on with the rest. */
const SETTLED_AT_ONCE = 5_000;

/** Carries out what waited for an operator; a policy, unless another one was activated since. */
export async function approveHold(
  tools: HoldTools,
  id: number,
  by: string,
  reason = '',
): Promise<HoldDecided> {
  const hold = await tools.policies.readHold(id);
  if (hold?.status !== 'waiting') return { result: 'not_waiting', hold };
  if (hold.kind === 'absences') return decideAbsences(tools, id, { approved: true, by, reason });
  const { policy, digest, expected } = hold.payload;
  const options = { expected, approving: id, approvalReason: reason };
  return applyPolicy(tools, { policy, digest, by, reason: hold.reason }, options);
}

/** Lets nothing come of it. */
export async function rejectHold(
  tools: HoldTools,
  id: number,
  by: string,
  reason = '',
): Promise<HoldDecided> {
  const hold = await tools.policies.readHold(id);
  if (hold?.kind === 'absences') return decideAbsences(tools, id, { approved: false, by, reason });
  if (await tools.policies.rejectHold(id, by, reason)) return { result: 'rejected' };
  return { result: 'not_waiting', hold: await tools.policies.readHold(id) };
}

async function decideAbsences(
  { policies, reconciler: { reconciliations } }: HoldTools,
  id: number,
  decision: AbsencesDecision,
): Promise<HoldDecided> {
  if (!(await reconciliations.decideAbsences(id, decision))) {
    return { result: 'not_waiting', hold: await policies.readHold(id) };
  }
  await reconciliations.settleAbsences(SETTLED_AT_ONCE);
  return { result: decision.approved ? 'asked' : 'rejected' };
}
