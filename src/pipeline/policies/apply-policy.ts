import { holdersOwedByPolicy } from '../../domain/decide/holders-owed.ts';
import { compilePolicy } from '../../policy/compile-policy.ts';
import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import { StoreUnavailable } from '../ports.ts';
import { type PolicyPreview, type PolicyTools, previewPolicy } from './preview-policy.ts';

export interface PolicyProposal {
  readonly policy: ResolvedPolicy;
  /** SHA-256 of the policy as JSON, hexadecimal. */
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * `held`: it would take access from too many and waits for an operator. `conflict`: another policy was activated since
 * the preview; nothing was changed.
 */
export type Applied =
  | { readonly result: 'applied'; readonly version: number; readonly preview: PolicyPreview }
  | { readonly result: 'unchanged'; readonly version: number; readonly preview: PolicyPreview }
  | { readonly result: 'held'; readonly hold: number; readonly preview: PolicyPreview }
  | { readonly result: 'conflict'; readonly version: number; readonly preview: PolicyPreview };

export interface ApplyOptions {
  /** The version that has to be active still. The one that is active at the start when left out. */
  readonly expected?: number;
  /** The hold that an operator approves with this: the loss is not judged again. */
  readonly approving?: number;
  /** Why that operator does. */
  readonly approvalReason?: string;
}

/** Roles that change while a policy is applied make it be derived again; so often they only do when something is wrong. */
const MOST_ROUNDS = 60;

/**
 * Activates a policy: previewed, held when too many would lose by it, then one commit that compares the version first.
 * Interrupted at any point it has happened wholly or not at all; run again it changes nothing.
 */
export async function applyPolicy(
  tools: PolicyTools,
  proposal: PolicyProposal,
  options: ApplyOptions = {},
): Promise<Applied> {
  const { policy, digest, by, reason } = proposal;
  let expected = options.expected;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { preview, reading, decision } = await previewPolicy(tools, policy, digest);
    expected ??= preview.active;
    if (preview.unchanged) return { result: 'unchanged', version: preview.active, preview };
    if (preview.active !== expected) return { result: 'conflict', version: preview.active, preview };
    if (preview.tooMany && options.approving === undefined) {
      const payload = { policy, digest, expected };
      const hold = await tools.policies.raiseHold({
        kind: 'policy',
        difference: preview,
        payload,
        by,
        reason,
      });
      return { result: 'held', hold, preview };
    }
    const committed = await tools.store.commit({
      basis: reading.basis,
      draft: decision.draft,
      deliveries: [],
      pin: null,
      policy: {
        expected,
        name: policy.name,
        document: policy,
        compiled: compilePolicy(policy),
        digest,
        by,
        reason,
        approving: options.approving ?? null,
        approvalReason: options.approvalReason ?? '',
      },
      changes: decision.draft.changes.map((change) => ({ change, delivery: null, cause: 'policy' })),
      effects: holdersOwedByPolicy(reading.facts, decision, tools.clock.now(), tools.consequences).map(
        (effect) => ({ effect, delivery: null }),
      ),
      observe: tools.mode === 'observe',
    });
    if (committed !== 'moved') return { result: 'applied', version: expected + 1, preview };
    if (options.approving !== undefined) {
      const hold = await tools.policies.readHold(options.approving);
      if (hold?.status !== 'waiting') return { result: 'conflict', version: preview.active, preview };
    }
  }
  throw new StoreUnavailable('the roles kept changing');
}
