import type { Change } from '../../domain/changes.ts';
import type { CompiledPolicy } from '../../domain/compiled-policy.ts';
import type { Decided } from '../../domain/decide/decide.ts';
import type { Draft } from '../../domain/draft.ts';
import type { OwedEffect } from '../../domain/effects.ts';
import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import type { Delivery } from './delivery.ts';
import type { Basis } from './reading.ts';

export interface Commit {
  readonly basis: Basis;
  readonly draft: Draft;
  readonly deliveries: readonly StoredDelivery[];
  /** The provider's instance to pin this database to; null where it is pinned already or not known. */
  readonly pin: string | null;
  /** A policy to activate with what it makes of the rows; null nearly always. */
  readonly policy: PolicyActivation | null;
  readonly changes: readonly CausedChange[];
  readonly effects: readonly CausedEffect[];
  /** Revocations are noted, not owed. */
  readonly observe: boolean;
}

export interface PolicyActivation {
  /** The version that has to be active still: the new one is the next. 0 stands for none. */
  readonly expected: number;
  readonly name: string;
  readonly document: ResolvedPolicy;
  readonly compiled: CompiledPolicy;
  /** SHA-256 of the document, hexadecimal. */
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  /** The hold that is approved by this activation. */
  readonly approving: number | null;
  readonly approvalReason: string;
}

export interface StoredDelivery {
  readonly delivery: Delivery;
  readonly outcome: Decided['verdict']['outcome'];
  readonly reason: string;
  readonly keepBody: boolean;
  readonly waitedMs: number;
}

export interface CausedChange {
  readonly change: Change;
  readonly delivery: string | null;
  /** What made it happen, in words that `changes.cause` keeps: `delivery`, or the kind of lookup that answered. */
  readonly cause: string;
}

export interface CausedEffect {
  readonly effect: OwedEffect;
  readonly delivery: string | null;
}

export interface Committed {
  /** The last revision of this commit; null when it carried no change. */
  readonly revision: number | null;
  readonly owed: number;
}
