import { type Clock, type Delivery, type Log, StoreUnavailable, type Webhooks } from './ports.ts';
import type { ProcessDeliveries, Processed } from './process.ts';

/** A spilled message as the queue returns it. */
export interface SpilledMessage {
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly receivedAt: number;
}

/** What is to become of it: taken, or delivered again later. */
export type Consumed = 'done' | 'again';

/**
 * Takes a batch from the queue into the inbox. Everything is verified again, as of when it was received: the queue is
 * no less a way in than the web. One answer for each message, in order.
 */
export async function consumeSpill(
  context: { webhooks: Webhooks; process: ProcessDeliveries; clock: Clock; log: Log },
  messages: readonly (SpilledMessage | null)[],
): Promise<Consumed[]> {
  const read = messages.map((message): Delivery | null => {
    if (message === null) return null;
    const delivery = context.webhooks.authenticate(message, { source: 'queue', at: message.receivedAt });
    if (!('refused' in delivery)) return delivery;
    context.log.error('spilled_message_refused', { reason: delivery.refused });
    return null;
  });
  const deliveries = read.filter((delivery) => delivery !== null);
  if (deliveries.length > 0) {
    try {
      const processed = await context.process(deliveries);
      for (const [index, delivery] of deliveries.entries()) {
        logTaken(context.log, delivery, processed[index], context.clock);
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      context.log.warn('spill_waits_for_database', { messages: deliveries.length });
      return read.map((delivery) => (delivery === null ? 'done' : 'again'));
    }
  }
  return read.map(() => 'done');
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
