import type { Context } from 'hono';
import { StoreUnavailable } from '../pipeline/ports.ts';
import { failure, RETRY_AFTER } from './failure.ts';
import type { Services } from './services.ts';

/** The schema this code was written for, as `rolecall.read_readiness` tells it. */
const SCHEMA_VERSION = 1;

/** `GET /readyz`: 200 when the database answers, its schema fits, and the secret key belongs to its instance. */
export async function readyz(c: Context, services: Services): Promise<Response> {
  try {
    const { schemaVersion } = await services.store.readReadiness();
    if (schemaVersion !== SCHEMA_VERSION) return failure(c, 'schema_mismatch', RETRY_AFTER);
    const check = await services.checkInstance();
    return check === 'wrong_instance_key'
      ? failure(c, 'wrong_instance_key', RETRY_AFTER)
      : c.json({ status: 'ready', instance: check });
  } catch (error) {
    // A database without our functions understands the question and refuses it.
    return failure(c, error instanceof StoreUnavailable ? 'unavailable' : 'schema_mismatch', RETRY_AFTER);
  }
}
