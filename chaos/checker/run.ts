import type { HistoryEntry } from '../../src/testing/clerk/history.ts';

/** A message that a process answered with a 2xx. Times are `performance.now()`. */
export interface Acknowledged {
  readonly delivery: string;
  readonly outcome: string;
  readonly by: string;
  readonly sentAt: number;
  readonly at: number;
}

export interface KeptToken {
  readonly token: string;
  /** Milliseconds of the provider's clock. */
  readonly mintedAt: number;
}

/** What a promise was checked on, and where it was broken: in words, with the ids that lead to the cause. */
export interface Finding {
  readonly promise: string;
  readonly checked: number;
  readonly broken: readonly string[];
}

/** What was seen of the provider, and nothing of what Rolecall thinks. */
export interface Evidence {
  readonly history: readonly HistoryEntry[];
  /** Ids of events that were never sent. */
  readonly lost: ReadonlySet<string>;
  /** Ids of events that were sent long after they happened. */
  readonly late: ReadonlySet<string>;
  readonly messages: readonly Sent[];
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  readonly tokens: readonly KeptToken[];
  readonly revocations: readonly { readonly sessionId: string; readonly by: 'api' | 'change' }[];
}

export interface Sent {
  readonly id: string;
  readonly status: string;
  readonly event: { readonly id: string; readonly type: string; readonly body: string };
}
