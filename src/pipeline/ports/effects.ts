import type { OwedEffect } from '../../domain/effects.ts';
import type { OrganizationId } from '../../domain/ids.ts';
import type { Holder } from '../../domain/losers.ts';

export interface LeasedEffect {
  readonly id: number;
  readonly effect: OwedEffect;
  readonly attempts: number;
  readonly generation: number;
  /** How far the attempts before have come. */
  readonly progress: number;
  /** As far as which pair members have been looked at; null before the first. */
  readonly reached: string | null;
  readonly leaseToken: string;
  readonly deliveryId: string | null;
  /** Which reconciliation asks, where it was one. */
  readonly reconciliationId: number | null;
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

/** Which members to look at: the next so many of one organization, or of all of them. */
export interface HoldersWanted {
  readonly organizationId: OrganizationId | null;
  readonly reached: string | null;
  readonly most: number;
  /** Who took their role after it, by the provider's time, lost nothing with it. */
  readonly at: number;
  /** Those who hold none of them are left out. Left out itself: nobody is. */
  readonly roles?: readonly string[];
  /** How many of an organization were its first members. */
  readonly firstCount: number;
}

export interface HoldersPage {
  readonly holders: readonly Holder[];
  /** The last pair that was looked at; null when there was none. */
  readonly reached: string | null;
  readonly more: boolean;
}
