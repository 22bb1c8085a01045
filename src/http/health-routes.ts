import type { Context } from 'hono';
import { StoreUnavailable } from '../pipeline/ports.ts';
import { failure, RETRY_AFTER } from './failure.ts';
import type { Services } from './services.ts';

/**
 * The schema this code was written for, as `rolecall.read_readiness` tells it. A later one does as well, as long as the
 * database does not say that it needs later code: a release is rolled out after its migrations.
 */
const SCHEMA_VERSION = 1;

const TOO_NEW = 'The database schema is newer than this version works on. Deploy the newer version.';

/** `GET /readyz`: 200 when the database answers, its schema fits, and the secret key belongs to its instance. */
export async function readyz(c: Context, services: Services): Promise<Response> {
  try {
    const { schemaVersion, oldestCode, restoringSince } = await services.store.readReadiness();
    if (schemaVersion < SCHEMA_VERSION) return failure(c, 'schema_mismatch', RETRY_AFTER);
    if (SCHEMA_VERSION < oldestCode) return failure(c, 'schema_mismatch', RETRY_AFTER, TOO_NEW);
    const check = await services.checkInstance();
    if (check === 'wrong_instance_key') return failure(c, 'wrong_instance_key', RETRY_AFTER);
    // Last: with the key of another instance a restored database would wait for ever.
    if (restoringSince !== null) return failure(c, 'restoring', RETRY_AFTER);
    return c.json({ status: 'ready', instance: check });
  } catch (error) {
    // A database without our functions understands the question and refuses it.
    return failure(c, error instanceof StoreUnavailable ? 'unavailable' : 'schema_mismatch', RETRY_AFTER);
  }
}
