import type { Consequences } from '../effects.ts';

/** What a decision may know beside the facts and the evidence. */
export interface Context {
  /** Our clock, milliseconds. */
  readonly now: number;
  /** More than five minutes old by its envelope, or come by replay or retry: gains need the provider's word (rule 5). */
  readonly late: boolean;
  readonly consequences: Consequences;
}

export type Outcome = 'applied' | 'stale' | 'held' | 'ignored' | 'failed';

/** What became of one piece of evidence, with a stable reason that an operator can look up. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: Reason;
}

export type Reason =
  | 'newer'
  | 'older_than_known'
  | 'already_known'
  | 'superseded'
  | 'deleted_before'
  | 'presumed_absent'
  | 'changed_too_recently'
  | 'late_gain'
  | 'contested'
  | 'identity_conflict'
  | 'timestamp_in_future'
  | 'not_kept';

export function verdict(outcome: Outcome, reason: Reason): Verdict {
  return { outcome, reason };
}

/** Rule 1: a sender's clock may run this far ahead of ours; rule 5: news may be this old. Milliseconds. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
