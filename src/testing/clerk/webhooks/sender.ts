import { notFound } from '../errors.ts';
import type { ClerkStandInOptions, WebhookEndpoint } from '../options.ts';
import { defaults, SHORT_RETRY_SCHEDULE } from '../options.ts';
import type { OutboxEvent, World } from '../world.ts';
import type { Outgoing } from './attempt.ts';
import { post } from './attempt.ts';
import type { WebhookFault } from './faults.ts';
import { faultList } from './faults.ts';
import type { Answer, Attempt, Message, MessageStatus } from './message.ts';
import { createPending, createTimers } from './pending.ts';
import { createShuffler } from './reorder.ts';
import { svixHeaders } from './sign.ts';

interface Lane {
  readonly endpoint: WebhookEndpoint;
  readonly waiting: Job[];
  running: number;
}
interface Job {
  readonly message: Underway;
  tries: number;
}
interface Underway extends Message {
  readonly lane: Lane;
  status: MessageStatus;
  readonly attempts: Attempt[];
}

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
  const schedule = options.retrySchedule ?? SHORT_RETRY_SCHEDULE;
  const concurrency = options.concurrency ?? 16;
  const timeoutMs = options.attemptTimeout ?? 15_000;
  const faults = faultList<WebhookFault>();
  const pending = createPending();
  const timers = createTimers();
  const shuffler = createShuffler(world.random, timers);
  const closing = new AbortController();
  const lanes: Lane[] = (options.endpoints ?? []).map((endpoint) => ({ endpoint, waiting: [], running: 0 }));
  const messages: Underway[] = [];
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

  const run = async (lane: Lane, job: Job): Promise<void> => {
    const { message } = job;
    const secret = lane.endpoint.signingSecret ?? signingSecret;
    const outgoing = signed(message.event, { id: message.id, secret });
    const made = await attempt(lane.endpoint, outgoing, message.event, message.attempts.length + 1);
    if (closing.signal.aborted) return;
    message.attempts.push(made.attempt);
    lane.running -= 1;
    const status = made.attempt.status ?? 0;
    const pause = schedule[job.tries];
    job.tries += 1;
    if (status >= 200 && status < 300) {
      message.status = 'delivered';
      pending.end();
    } else if (pause === undefined) {
      if (message.status !== 'delivered') message.status = 'failed';
      pending.end();
    } else {
      timers.after(pause, () => enqueue(lane, job));
    }
    pump(lane);
  };

  const pump = (lane: Lane): void => {
    while (lane.running < concurrency) {
      const job = lane.waiting.shift();
      if (job === undefined) return;
      lane.running += 1;
      void run(lane, job);
    }
  };
  const enqueue = (lane: Lane, job: Job): void => {
    lane.waiting.push(job);
    pump(lane);
  };

  const dispatch = (message: Underway): void => {
    pending.begin();
    const go = () => enqueue(message.lane, { message, tries: 0 });
    const hit = faults.take(
      (fault) =>
        (fault.types === undefined || fault.types.includes(message.event.type)) &&
        (fault.probability === undefined || world.random.next() < fault.probability),
    );
    if (hit.some((fault) => fault.kind === 'lose')) {
      message.status = 'lost';
      pending.end();
      return;
    }
    let wait = 0;
    let reorder: { window: number; ms: number } | undefined;
    for (const fault of hit) {
      if (fault.kind === 'delay') wait += fault.ms;
      if (fault.kind === 'reorder') reorder = { window: fault.window ?? 8, ms: fault.ms ?? 20 };
      if (fault.kind !== 'duplicate') continue;
      for (let i = 0; i < (fault.copies ?? 1); i += 1) {
        pending.begin();
        enqueue(message.lane, { message, tries: 0 });
      }
    }
    if (reorder !== undefined) shuffler.hold(go, reorder.window, reorder.ms);
    else if (wait > 0) timers.after(wait, go);
    else go();
  };

  const accept = (event: OutboxEvent): void => {
    lanes.forEach((lane, i) => {
      const id = i === 0 ? event.id : world.newId('msg');
      const message: Underway = { id, event, url: lane.endpoint.url, status: 'waiting', attempts: [], lane };
      messages.push(message);
      dispatch(message);
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
      const again = messages.filter((message) => message.event.id === eventId);
      if (again.length === 0) {
        const event = world.outbox.find((candidate) => candidate.id === eventId);
        if (event === undefined) throw notFound('event', eventId);
        accept(event);
      }
      for (const message of again) {
        pending.begin();
        enqueue(message.lane, { message, tries: 0 });
      }
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
      shuffler.drop();
      for (const lane of lanes) lane.waiting.length = 0;
      pending.abandon();
    },
  };
};
