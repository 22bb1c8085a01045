import type { Context } from 'hono';
import { type Readiness, StoreUnavailable } from '../pipeline/ports.ts';
import { failure, RETRY_AFTER } from './failure.ts';
import type { Services } from './services.ts';

/**
 * The schema this code was written for, as `rolecall.read_readiness` tells it. A later one does as well, as long as the
 * database does not say that it needs later code: a release is rolled out after its migrations.
 */
const SCHEMA_VERSION = 1;

const TOO_NEW = 'The database schema is newer than this version works on. Deploy the newer version.';

/** Why this code and that schema do not fit; null where they do. */
export function misfit({ schemaVersion, oldestCode }: Readiness): 'too_old' | 'too_new' | null {
  if (schemaVersion < SCHEMA_VERSION) return 'too_old';
  return SCHEMA_VERSION < oldestCode ? 'too_new' : null;
}

/** `GET /readyz`: 200 when the database answers, its schema fits, and the secret key belongs to its instance. */
export async function readyz(c: Context, services: Services): Promise<Response> {
  try {
    const readiness = await services.store.readReadiness();
    const wrong = misfit(readiness);
    if (wrong === 'too_old') return failure(c, 'schema_mismatch', RETRY_AFTER);
    if (wrong === 'too_new') return failure(c, 'schema_mismatch', RETRY_AFTER, TOO_NEW);
    const check = await services.checkInstance();
    if (check === 'wrong_instance_key') return failure(c, 'wrong_instance_key', RETRY_AFTER);
    // Last: with the key of another instance a restored database would wait for ever.
    if (readiness.restoringSince !== null) return failure(c, 'restoring', RETRY_AFTER);
    return c.json({ status: 'ready', instance: check });
  } catch (error) {
    // A database without our functions understands the question and refuses it.
    return failure(c, error instanceof StoreUnavailable ? 'unavailable' : 'schema_mismatch', RETRY_AFTER);
  }
}
