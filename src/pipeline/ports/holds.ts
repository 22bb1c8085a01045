import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';

/** Something that was inferred and would take access from too many: it waits for an operator. */
export type Hold = PolicyHold | AbsencesHold;

interface Held {
  readonly id: number;
  readonly status: 'waiting' | 'approved' | 'rejected';
  /** What it would change, as it was previewed. */
  readonly difference: unknown;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly decidedBy: string | null;
  /** Why it was approved or rejected; may be empty. */
  readonly decisionReason: string;
}

/** A policy that would be activated. */
export interface PolicyHold extends Held {
  readonly kind: 'policy';
  readonly payload: { readonly policy: ResolvedPolicy; readonly digest: string; readonly expected: number };
}

/** What an operator says to a hold of absences, and why. */
export interface AbsencesDecision {
  readonly approved: boolean;
  readonly by: string;
  readonly reason: string;
}

/** Members whom the provider did not list to a reconciliation, and who would be asked about one by one. */
export interface AbsencesHold extends Held {
  readonly kind: 'absences';
  readonly payload: { readonly reconciliation: number };
}
