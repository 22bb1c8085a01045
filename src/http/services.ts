import type { InstanceCheck } from '../pipeline/instance-check.ts';
import type { Clock, Delivery, ListingStore, Log, Spill, Store, Webhooks } from '../pipeline/ports.ts';
import type { Processed } from '../pipeline/process.ts';
import type { AccessToken } from './bearer.ts';

/** What the routes need, made once on Node and for every request on Workers. */
export interface Services {
  readonly store: Store;
  readonly listing: ListingStore;
  readonly webhooks: Webhooks;
  /** Null where there is no queue. */
  readonly spill: Spill | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly readTokens: readonly AccessToken[];
  process(delivery: Delivery): Promise<Processed>;
  /** Something is owed: carry it out soon, without keeping the answer waiting. */
  dispatchSoon(): void;
  checkInstance(): Promise<InstanceCheck>;
}

/** Problems of the configuration, by name only; the services when there are none. */
export type Configured = { readonly services: Services } | { readonly problems: readonly string[] };
