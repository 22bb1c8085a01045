import type { Context } from 'hono';
import { logTaken } from '../pipeline/consume-spill.ts';
import { StoreUnavailable } from '../pipeline/ports.ts';
import { failure, RETRY_AFTER } from './failure.ts';
import { readBody } from './read-body.ts';
import type { Services } from './services.ts';

/**
 * `POST /webhooks/clerk`. A 2xx means durable: in the inbox, or in the queue that is emptied into it. Anything else
 * means that nothing was taken, and that the same message may be sent again.
 */
export async function receiveWebhook(c: Context, services: Services): Promise<Response> {
  const { webhooks, log, clock } = services;
  const headers = c.req.raw.headers;
  const receivedAt = clock.now();

  const early = webhooks.precheck(headers, receivedAt);
  if (early !== null) {
    log.warn('webhook_refused', { reason: early.refused });
    return failure(c, 'invalid_signature');
  }
  const body = await readBody(c.req.raw);
  if (typeof body === 'string') {
    log.warn('webhook_refused', { reason: body });
    return failure(c, body);
  }
  const delivery = webhooks.authenticate({ headers, body }, { source: 'webhook', at: receivedAt });
  if ('refused' in delivery) {
    log.warn('webhook_refused', { reason: delivery.refused });
    return failure(c, 'invalid_signature');
  }

  try {
    const processed = await services.process(delivery);
    logTaken(log, delivery, processed, clock);
    if (processed.outcome === 'conflict') return failure(c, 'delivery_conflict');
    if (processed.outcome === 'wrong_instance') return failure(c, 'wrong_instance');
    if ('owed' in processed && processed.owed > 0) services.dispatchSoon();
    return c.json({ delivery: delivery.id, outcome: processed.outcome });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const queued = (await services.spill?.put({ headers, body, receivedAt })) ?? false;
    log.error('store_unavailable', { delivery: delivery.id, queued });
    return queued
      ? c.json({ delivery: delivery.id, outcome: 'queued' })
      : failure(c, 'unavailable', RETRY_AFTER);
  }
}
