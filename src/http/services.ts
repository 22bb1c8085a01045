import type { Feed } from '../pipeline/feed/follow-changes.ts';
import type { InstanceCheck } from '../pipeline/instance-check.ts';
import type { StatusReader } from '../pipeline/operators/status.ts';
import type {
  AuditStore,
  Clock,
  Conduct,
  ConsoleStore,
  Delivery,
  FeedStore,
  ListingStore,
  Log,
  OperatorStore,
  PolicyStore,
  SearchStore,
  SessionTokens,
  Spill,
  Store,
  UpkeepStore,
  Webhooks,
} from '../pipeline/ports.ts';
import type { Processed } from '../pipeline/process.ts';
import type { Reconciler } from '../pipeline/reconcile/reconciler.ts';
import type { Repeater } from '../pipeline/replay/repeater.ts';
import type { AccessToken, OperatorToken } from './bearer.ts';
import type { OpenStreams } from './me/open-streams.ts';
import type { Throttle } from './operator/throttle.ts';

/** What the routes need, made once on Node and for every request on Workers. */
export interface Services extends Conduct {
  readonly store: Store;
  readonly listing: ListingStore;
  readonly searches: SearchStore;
  readonly policies: PolicyStore;
  readonly operators: OperatorStore;
  readonly audit: AuditStore;
  readonly repeater: Repeater;
  readonly reconciler: Reconciler;
  readonly status: StatusReader;
  readonly console: ConsoleStore;
  readonly upkeep: UpkeepStore;
  readonly feedStore: FeedStore;
  readonly feed: Feed;
  readonly webhooks: Webhooks;
  /** Null where there is no queue. */
  readonly spill: Spill | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly readTokens: readonly AccessToken[];
  readonly operatorTokens: readonly OperatorToken[];
  /** Null where it is not known whose to take. */
  readonly sessionTokens: SessionTokens | null;
  /** Of browsers that wait for changes. */
  readonly myStreams: OpenStreams;
  /** Of wrong operator tokens; it outlives a request. */
  readonly wrongOperators: Throttle;
  process(delivery: Delivery): Promise<Processed>;
  /** Something is owed: carry it out soon, without keeping the answer waiting. */
  dispatchSoon(): void;
  /** There is something to decide once more: go on with it soon, without keeping the answer waiting. */
  replaySoon(): void;
  /** There is something to compare with the provider: go on with it soon, as above. */
  reconcileSoon(): void;
  checkInstance(): Promise<InstanceCheck>;
  /** Whether the database came out of a backup and may not answer yet, where that was asked a moment ago. */
  knownRestoring(): boolean | null;
  isRestoring(): Promise<boolean>;
}

/** Problems of the configuration, by name only; the services when there are none. */
export type Configured = { readonly services: Services } | { readonly problems: readonly string[] };
