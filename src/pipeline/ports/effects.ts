import type { OwedEffect } from '../../domain/effects.ts';

export interface LeasedEffect {
  readonly id: number;
  readonly effect: OwedEffect;
  readonly attempts: number;
  readonly generation: number;
  /** How far the attempts before have come. */
  readonly progress: number;
  readonly leaseToken: string;
  readonly deliveryId: string | null;
  /** Calls of the provider that the shared budget has granted for this attempt. */
  readonly calls: number;
}

/** How an attempt ended. `paused` did not fail: it waits for the provider's rate limit, or has more to do. */
export type AttemptResult =
  | { readonly result: 'done' }
  | { readonly result: 'dead'; readonly error: string }
  | { readonly result: 'retry'; readonly error: string; readonly retryInMs: number }
  | {
      readonly result: 'paused';
      readonly error: string;
      readonly retryInMs: number;
      /** Nobody calls the provider for so long. */
      readonly pauseMs: number | null;
      /** Where the next attempt goes on. */
      readonly progress?: number;
    };

/** `again`: more was owed while this ran. `lost_lease`: somebody else has it now, nothing was written. */
export type Settled = 'done' | 'dead' | 'retry' | 'again' | 'lost_lease';

export interface Budget {
  readonly callsPerSecond: number;
  readonly burst: number;
}
