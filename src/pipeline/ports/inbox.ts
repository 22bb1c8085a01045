import type { Lane, SharedLossCause } from '../../domain/effects.ts';

/** Which deliveries of the inbox; null leaves one open. */
export interface DeliveryFilter {
  /** An outcome, or `dead`: failed, and not tried again by itself. */
  readonly status: DeliveryStatus | null;
  readonly type: string | null;
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** Received then or later, and before; milliseconds of our clock. */
  readonly from: number | null;
  readonly to: number | null;
}

export const DELIVERY_STATUSES = ['applied', 'stale', 'ignored', 'held', 'failed', 'dead'] as const;

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** A place in the inbox: when it was received, in microseconds, and the id, since many are received at once. */
export interface InboxPosition {
  readonly receivedAt: number;
  readonly id: string;
}

/** A delivery as operators see it in a list. Times are ISO 8601. */
export interface InboxEntry {
  readonly id: string;
  readonly source: string;
  readonly type: string | null;
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly outcome: string;
  readonly reason: string;
  /** How often it was decided on. */
  readonly attempts: number;
  readonly dead: boolean;
  readonly receivedAt: string;
  readonly committedAt: string;
  /** When it is tried again by itself. */
  readonly retryAt: string | null;
  readonly kept: boolean;
}

/** One of them, with all that came of it. */
export interface InboxRecord extends InboxEntry {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** The envelope's timestamp. */
  readonly sentAt: string | null;
  /** Null where it was never kept or has been pruned. */
  readonly body: Uint8Array | null;
  /** When the first token was refused because of it. */
  readonly refusedAt: string | null;
  readonly receivedToCommittedMs: number;
  readonly receivedToRefusedMs: number | null;
  readonly history: readonly DeliveryAttempt[];
  readonly changes: readonly RecordedChange[];
  readonly effects: readonly EffectEntry[];
}

export interface DeliveryAttempt {
  readonly attempt: number;
  readonly cause: string;
  readonly replay: number | null;
  readonly outcome: string;
  readonly reason: string;
  readonly at: string;
}

export interface RecordedChange {
  readonly revision: number;
  readonly kind: string;
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly role: string | null;
  readonly permissions: readonly string[];
  readonly cutoff: { readonly of: string; readonly id: string; readonly at: string } | null;
  readonly cause: string;
  readonly at: string;
  readonly recordedAt: string;
}

export const EFFECT_STATUSES = ['owed', 'done', 'dead', 'observed'] as const;

export type EffectStatus = (typeof EFFECT_STATUSES)[number];

export const TRY_RESULTS = ['done', 'dead', 'retry', 'paused'] as const;

/** How an attempt at an effect ended: `paused` did not fail, it waited for the rate limit or had more to do. */
export interface EffectTry {
  readonly at: string;
  readonly result: (typeof TRY_RESULTS)[number];
  /** What the provider answered, or why it was not asked; null where it was done. */
  readonly error: string | null;
  /** Calls of the provider that it made. */
  readonly calls: number;
}

/** Something owed to the outside, as operators see it. */
export interface EffectEntry {
  readonly id: number;
  readonly kind: string;
  readonly lane: Lane;
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** Of `revoke_holders`: what took something from members. */
  readonly cause: SharedLossCause | null;
  /** Of `revoke_holders`: the roles that lost something, or may have. */
  readonly roles: readonly string[] | null;
  /** Sessions created at or before it are revoked. */
  readonly cutoff: string | null;
  readonly status: EffectStatus;
  readonly attempts: number;
  /** How the last attempt failed. */
  readonly lastError: string | null;
  /** The latest twenty attempts that ended, in order. */
  readonly tries: readonly EffectTry[];
  readonly deliveryId: string | null;
  /** Which reconciliation asks, where it was one. */
  readonly reconciliationId: number | null;
  readonly owedAt: string;
  readonly dueAt: string;
  readonly settledAt: string | null;
}

/** `joined`: the same is owed already, and is done once. Whatever is not owed or dead has nothing to retry. */
export type EffectRetried = 'owed' | 'joined' | 'done' | 'observed';

/** The store's side of what operators look at and repair. */
export interface OperatorStore {
  /** The latest first. `next` is where the page ended; null on the last one. */
  listDeliveries(
    filter: DeliveryFilter,
    before: InboxPosition | null,
    limit: number,
  ): Promise<{ readonly deliveries: readonly InboxEntry[]; readonly next: InboxPosition | null }>;
  readDelivery(id: string): Promise<InboxRecord | null>;
  listEffects(
    status: EffectStatus | null,
    before: number | null,
    limit: number,
  ): Promise<{ readonly effects: readonly EffectEntry[]; readonly next: number | null }>;
  /** Has it tried again now, from its first attempt. Null when there is no such effect. */
  retryEffect(id: number, by: string): Promise<EffectRetried | null>;
}
