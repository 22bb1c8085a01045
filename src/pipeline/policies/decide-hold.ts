import type { Hold } from '../ports.ts';
import { type Applied, applyPolicy } from './apply-policy.ts';
import type { PolicyTools } from './preview-policy.ts';

export type HoldDecided =
  | Applied
  | { readonly result: 'rejected' }
  /** There is no such hold, or somebody has decided on it before. */
  | { readonly result: 'not_waiting'; readonly hold: Hold | null };

/** Carries out what waited for an operator, unless another policy was activated since. */
export async function approveHold(tools: PolicyTools, id: number, by: string): Promise<HoldDecided> {
  const hold = await tools.policies.readHold(id);
  if (hold?.status !== 'waiting') return { result: 'not_waiting', hold };
  const { policy, digest, expected } = hold.payload;
  return applyPolicy(tools, { policy, digest, by, reason: hold.reason }, { expected, approving: id });
}

export async function rejectHold(tools: PolicyTools, id: number, by: string): Promise<HoldDecided> {
  if (await tools.policies.rejectHold(id, by)) return { result: 'rejected' };
  return { result: 'not_waiting', hold: await tools.policies.readHold(id) };
}
