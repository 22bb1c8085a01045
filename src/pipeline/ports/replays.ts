import type { Verdict } from '../../domain/decide/context.ts';
import type { Commit, Committed } from './commit.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryFilter, InboxPosition } from './inbox.ts';

/** A row of the inbox as it is decided on once more. */
export interface KeptDelivery {
  readonly id: string;
  /** False: there is no such delivery. */
  readonly known: boolean;
  readonly source: Delivery['source'] | null;
  /** Microseconds. */
  readonly receivedAt: number | null;
  /** Lower-case hexadecimal. */
  readonly sha256: string | null;
  /** How often it was decided on, or was begun to be. */
  readonly attempts: number | null;
  /** Null where it was never kept or has been pruned. */
  readonly body: Uint8Array | null;
}

export type ReplaySelection = { readonly ids: readonly string[] } | { readonly filter: DeliveryFilter };

export interface ReplayRequest {
  readonly selection: ReplaySelection;
  /** Nothing is changed: only what would be is told. */
  readonly dryRun: boolean;
  readonly by: string;
  readonly reason: string;
}

/** A page of a replay, for whoever carries it out until the lease ends. */
export interface LeasedReplay {
  readonly id: number;
  readonly token: string;
  readonly dryRun: boolean;
  /** How often this page was begun, this time included. */
  readonly begun: number;
  readonly deliveries: readonly KeptDelivery[];
}

/** Who gains and loses what. A role's or an organization's reaches all who are in it: `user` is null. */
export interface Difference {
  readonly organization: string | null;
  readonly user: string | null;
  readonly agent: string | null;
  readonly role: string | null;
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** What became of a delivery that was decided on once more. */
export interface RepeatedResult {
  readonly delivery: string;
  readonly outcome: Verdict['outcome'] | 'no_payload' | 'not_found';
  readonly reason: string;
  readonly differences: readonly Difference[];
  readonly owed: number;
  /** Whether it was decided on at all. */
  readonly attempted: boolean;
  /** When it is tried again by itself, if it is. */
  readonly retryInMs: number | null;
  /** Failed, and left to an operator. */
  readonly dead: boolean;
}

export interface RepeatedRecord {
  /** Null where nobody asked for it: a retry. */
  readonly replay: { readonly id: number; readonly token: string } | null;
  readonly results: readonly RepeatedResult[];
  /** The last of them, for replays of a filter. */
  readonly after: InboxPosition | null;
}

export interface Replay {
  readonly id: number;
  readonly status: 'running' | 'done' | 'cancelled';
  readonly dryRun: boolean;
  /** Null in lists: it may name a thousand deliveries. */
  readonly selection: ReplaySelection | null;
  /** Null where there are too many to count. */
  readonly total: number | null;
  readonly done: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly by: string;
  readonly reason: string;
  readonly askedAt: string;
  readonly endedAt: string | null;
  readonly cancelledBy: string | null;
}

export interface ReplayedDelivery
  extends Pick<RepeatedResult, 'delivery' | 'reason' | 'differences' | 'owed'> {
  readonly position: number;
  readonly outcome: string;
}

/** The store's side of deciding once more. */
export interface ReplayStore {
  /** `joined`: the same one runs already, and this is that one. */
  startReplay(request: ReplayRequest): Promise<{ readonly id: number; readonly joined: boolean }>;
  /** A page of the replay with this id, or of any; `ended`: it has no more. Null when there is nothing to carry out. */
  leaseReplay(
    id: number | null,
    most: number,
    leaseMs: number,
  ): Promise<LeasedReplay | { readonly id: number; readonly ended: true } | null>;
  releaseReplay(lease: Pick<LeasedReplay, 'id' | 'token'>): Promise<void>;
  /** Failed deliveries that are due to be tried again. Their attempts are counted now. */
  leaseRetries(most: number, leaseMs: number): Promise<readonly KeptDelivery[]>;
  /**
   * The decision, null for none, with what became of each, whole or not at all. `stopped`: the replay was cancelled, or
   * somebody else carries it out; nothing was written.
   */
  commitRepeated(commit: Commit | null, record: RepeatedRecord): Promise<Committed | 'moved' | 'stopped'>;
  /** False when it does not run. */
  cancelReplay(id: number, by: string): Promise<boolean>;
  readReplay(id: number): Promise<Replay | null>;
  /** The latest first, before the one with this id. */
  readReplays(before: number | null, limit: number): Promise<readonly Replay[]>;
  readReplayed(id: number, after: number, limit: number): Promise<readonly ReplayedDelivery[]>;
  /** What these users, and the members of these organizations, hold in organizations now; some of them if they are many. */
  readAccessOf(
    users: readonly string[],
    organizations: readonly string[],
  ): Promise<
    readonly {
      readonly organizationId: string;
      readonly userId: string;
      readonly permissions: readonly string[];
    }[]
  >;
}
