import { notFound } from '../errors.ts';
import type { ClerkStandInOptions, WebhookEndpoint } from '../options.ts';
import { defaults, SHORT_RETRY_SCHEDULE } from '../options.ts';
import type { OutboxEvent, World } from '../world.ts';
import type { Outgoing } from './attempt.ts';
import { post } from './attempt.ts';
import { createDispatch } from './dispatch.ts';
import type { Lane, Underway } from './lanes.ts';
import { createLanes } from './lanes.ts';
import type { Answer, Attempt, Message } from './message.ts';
import { createPending, createTimers } from './pending.ts';
import { svixHeaders } from './sign.ts';

export interface SignOptions {
  /** Milliseconds; the timestamp of the attempt. Default: now. */
  readonly at?: number;
  readonly secret?: string;
  readonly id?: string;
  readonly body?: string;
}
export interface DeliverOptions extends SignOptions {
  /** Default: the first endpoint. */
  readonly to?: string | WebhookEndpoint['fetch'];
}

export const createSender = (world: World, options: ClerkStandInOptions) => {
  const signingSecret = options.signingSecret ?? defaults.signingSecret;
  const timeoutMs = options.attemptTimeout ?? 15_000;
  const pending = createPending();
  const timers = createTimers();
  const { faults, dispatch, drop } = createDispatch(world.random, timers, pending);
  const closing = new AbortController();
  const lanes: Lane[] = (options.endpoints ?? []).map((endpoint) => ({ endpoint, waiting: [], running: 0 }));
  const messages: Message[] = [];
  const sendings: { readonly message: Message; readonly again: () => void }[] = [];
  const deliveries: Attempt[] = [];
  const unsent: OutboxEvent[] = [];
  let sending = options.autoSend ?? true;

  const signed = (event: OutboxEvent, how: SignOptions = {}): Outgoing => {
    const body = how.body ?? event.body;
    const secret = how.secret ?? lanes[0]?.endpoint.signingSecret ?? signingSecret;
    return { headers: svixHeaders(secret, how.id ?? event.id, how.at ?? world.now(), body), body };
  };

  const attempt = async (
    endpoint: Pick<WebhookEndpoint, 'url' | 'fetch'>,
    outgoing: Outgoing,
    event: OutboxEvent,
    number: number,
  ): Promise<{ attempt: Attempt; answer: Answer | undefined }> => {
    const at = world.now();
    const started = performance.now();
    const id = outgoing.headers['svix-id'];
    const log = (answer: Answer | undefined, error: string | undefined) => {
      const durationMs = performance.now() - started;
      const status = answer?.status;
      const body = answer?.body ?? '';
      const made = {
        messageId: id,
        type: event.type,
        url: endpoint.url,
        number,
        at,
        durationMs,
        status,
        body,
        error,
      };
      deliveries.push(made);
      return { attempt: made, answer };
    };
    try {
      return log(await post(endpoint, outgoing, timeoutMs, closing.signal), undefined);
    } catch (error) {
      return log(undefined, error instanceof Error ? error.message : String(error));
    }
  };

  const { send } = createLanes({
    concurrency: options.concurrency ?? 16,
    schedule: options.retrySchedule ?? SHORT_RETRY_SCHEDULE,
    pending,
    timers,
    attempt: async (endpoint, { id, event, attempts }) => {
      const outgoing = signed(event, { id, secret: endpoint.signingSecret ?? signingSecret });
      const made = await attempt(endpoint, outgoing, event, attempts.length + 1);
      return closing.signal.aborted ? undefined : made.attempt;
    },
  });

  const accept = (event: OutboxEvent): void => {
    if (closing.signal.aborted) return;
    lanes.forEach((lane, i) => {
      const id = i === 0 ? event.id : world.newId('msg');
      const message: Underway = { id, event, url: lane.endpoint.url, status: 'waiting', attempts: [] };
      const again = () => send(lane, message);
      sendings.push({ message, again });
      messages.push(message);
      dispatch(message, again);
    });
  };

  world.onEvent((event) => {
    if (sending) accept(event);
    else unsent.push(event);
  });

  return {
    signingSecret,
    faults,
    deliveries,
    messages,
    signed,

    /** One attempt, now, whatever the mode, without retries; the answer, or a rejection when there is none. */
    async deliver(event: OutboxEvent, how: DeliverOptions = {}): Promise<Answer> {
      const first = lanes[0]?.endpoint;
      const endpoint =
        typeof how.to === 'string'
          ? { url: how.to }
          : how.to === undefined
            ? first
            : { url: 'http://rolecall.test/webhooks/clerk', fetch: how.to };
      if (endpoint === undefined) throw notFound('webhook endpoint', 'first');
      const before = deliveries.filter((made) => made.messageId === (how.id ?? event.id)).length;
      const { answer, attempt: made } = await attempt(endpoint, signed(event, how), event, before + 1);
      if (answer === undefined) throw new Error(`no answer from ${endpoint.url}: ${made.error}`);
      return answer;
    },

    /** What an operator can do in Svix's dashboard: the same message once more, with its retries. */
    resend(eventId: string): void {
      const sent = sendings.filter(({ message }) => message.event.id === eventId);
      for (const { again } of sent) {
        pending.begin();
        again();
      }
      if (sent.length > 0) return;
      const event = world.outbox.find((candidate) => candidate.id === eventId);
      if (event === undefined) throw notFound('event', eventId);
      if (unsent.includes(event)) unsent.splice(unsent.indexOf(event), 1);
      accept(event);
    },

    addEndpoint(endpoint: WebhookEndpoint): void {
      lanes.push({ endpoint, waiting: [], running: 0 });
    },
    removeEndpoint(url: string): void {
      const index = lanes.findIndex((lane) => lane.endpoint.url === url);
      if (index >= 0) lanes.splice(index, 1);
    },

    /** From now on events wait. */
    pause(): void {
      sending = false;
    },
    /** Sends what waited, oldest first, and everything after it. */
    resume(): void {
      sending = true;
      for (const event of unsent.splice(0)) accept(event);
    },
    /** Forgets what waited: it was never sent, and never will be unless it is resent. */
    discard(): void {
      unsent.length = 0;
    },

    /** Messages not yet delivered, given up or lost. */
    pending: (): number => pending.count(),
    settled: pending.settled,

    close(): void {
      closing.abort();
      timers.clear();
      drop();
      for (const lane of lanes) lane.waiting.length = 0;
      pending.abandon();
    },
  };
};
