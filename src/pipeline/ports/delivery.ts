import type { OwedEffect } from '../../domain/effects.ts';
import type { Evidence } from '../../domain/evidence.ts';

/** A message that was proved authentic, with what it says. */
export interface Delivery {
  /** The sender's message id, the same for every retry. */
  readonly id: string;
  readonly source: 'webhook' | 'queue';
  /** Our clock, milliseconds. */
  readonly receivedAt: number;
  readonly body: Uint8Array;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly type: string | null;
  /** The envelope's timestamp, milliseconds of the provider's clock. */
  readonly at: number | null;
  readonly instanceId: string | null;
  /** Whom it is about, for those who search the inbox. */
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly content: Content;
}

/** `unknown` types are kept by name and hash only (rule 9); `malformed` known types are kept whole, as failed. */
export type Content =
  | { readonly kind: 'evidence'; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'malformed';
      readonly problem: string;
      /** What to ask the provider about those it names. */
      readonly questions: readonly OwedEffect[];
    };

export interface RefusedDelivery {
  readonly refused: string;
}
