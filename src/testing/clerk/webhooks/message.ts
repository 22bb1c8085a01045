import type { OutboxEvent } from '../world.ts';

/** One event on its way to one endpoint. */
export interface Message {
  readonly id: string;
  readonly event: OutboxEvent;
  readonly url: string;
  readonly status: MessageStatus;
  readonly attempts: readonly Attempt[];
}

/** `lost`: a fault swallowed it, as the provider says can happen; `failed`: the last retry failed too. */
export type MessageStatus = 'waiting' | 'delivered' | 'failed' | 'lost';

export interface Attempt {
  readonly messageId: string;
  readonly type: string;
  readonly url: string;
  /** From 1; a duplicate or a resend counts on. */
  readonly number: number;
  readonly at: number;
  readonly durationMs: number;
  /** Undefined: no answer at all, see `error`. */
  readonly status: number | undefined;
  readonly body: string;
  readonly error: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}
