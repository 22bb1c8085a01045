import { type Clock, type Delivery, type Log, StoreUnavailable, type Webhooks } from './ports.ts';
import type { ProcessDeliveries, Processed } from './process.ts';

/** A spilled message as the queue returns it. */
export interface SpilledMessage {
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly receivedAt: number;
}

/** One that no version of ours can have written. */
export interface UnreadableMessage {
  readonly raw: Uint8Array;
}

/** What is to become of it: taken, or delivered again later. */
export type Consumed = 'done' | 'again';

interface Consumer {
  readonly webhooks: Webhooks;
  readonly process: ProcessDeliveries;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes a batch from the queue into the inbox. Everything is verified again, as of when it was received: the queue is
 * no less a way in than the web. But its sender has had a 2xx, so nothing is thrown away: what is not believed now (a
 * secret was exchanged meanwhile) comes again, and at the `last` stop is kept as failed.
 * @returns one for each message, in order.
 */
export async function consumeSpill(
  consumer: Consumer,
  messages: readonly (SpilledMessage | UnreadableMessage)[],
  last: boolean,
): Promise<Consumed[]> {
  const { webhooks, clock, log } = consumer;
  const believed = messages.map((message) => believe(consumer, message));
  const taken = await take(consumer, believed);
  if (!last) return taken.map((what) => (what === 'done' ? 'done' : 'again'));
  const kept = messages.map((message, index) => {
    if (taken[index] === 'done' || taken[index] === 'unavailable') return null;
    log.error('spilled_message_kept_as_failed');
    return webhooks.keepUnbelieved('raw' in message ? message.raw : message.body, clock.now());
  });
  const keptToo = await take(consumer, kept);
  return taken.map((what, index) => (what === 'done' || keptToo[index] === 'done' ? 'done' : 'again'));
}

function believe({ webhooks, log }: Consumer, message: SpilledMessage | UnreadableMessage): Delivery | null {
  if ('raw' in message) {
    log.error('spilled_message_unreadable');
    return null;
  }
  const delivery = webhooks.authenticate(message, { source: 'queue', at: message.receivedAt });
  if (!('refused' in delivery)) return delivery;
  log.error('spilled_message_refused', { reason: delivery.refused });
  return null;
}

/** Outcomes that leave a message out of the inbox: to a sender that still listened they would have been refusals. */
const NOT_TAKEN: ReadonlySet<Processed['outcome']> = new Set(['conflict', 'wrong_instance']);

/** `unavailable`: it was not even looked at, since the database is away. */
type Taken = Consumed | 'unavailable';

async function take(consumer: Consumer, deliveries: readonly (Delivery | null)[]): Promise<Taken[]> {
  const { clock, log } = consumer;
  const present = deliveries.filter((delivery) => delivery !== null);
  if (present.length === 0) return deliveries.map(() => 'again');
  try {
    const processed = await consumer.process(present);
    return deliveries.map((delivery) => {
      if (delivery === null) return 'again';
      const outcome = processed[present.indexOf(delivery)];
      logTaken(log, delivery, outcome, clock);
      return outcome === undefined || NOT_TAKEN.has(outcome.outcome) ? 'again' : 'done';
    });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    log.warn('spill_waits_for_database', { messages: present.length });
    return deliveries.map((delivery) => (delivery === null ? 'again' : 'unavailable'));
  }
}

/** One line for every delivery that was decided on, whichever way it came. */
export function logTaken(log: Log, delivery: Delivery, processed: Processed | undefined, clock: Clock): void {
  log.info('delivery', {
    delivery: delivery.id,
    source: delivery.source,
    type: delivery.type,
    outcome: processed?.outcome ?? 'failed',
    reason: processed !== undefined && 'reason' in processed ? processed.reason : null,
    ms: clock.now() - delivery.receivedAt,
  });
}
