import type { Context } from 'hono';
import { readToken } from './asker.ts';
import { failure, RETRY_AFTER } from './failure.ts';
import { readCaller } from './me/caller.ts';
import { allowOrigin } from './me/cors.ts';
import type { Services } from './services.ts';

/** What apps and browsers ask; neither Clerk's deliveries nor operators. */
const ASKED = /^\/(v1|access|organizations)\//;

/**
 * The answer while a restored database waits for its comparison with Clerk, and null at any other time: it would let
 * members in who have left since the backup.
 * @param path as the route names it, below the base path.
 */
export async function refusedWhileRestoring(
  c: Context,
  services: Services,
  path: string,
): Promise<Response | null> {
  if (!ASKED.test(path) || c.req.method === 'OPTIONS') return null;
  if (services.knownRestoring() === false) return null;
  // Whoever cannot prove who they are learns nothing of our troubles.
  const asker = await readAnybody(c, services, path);
  if (asker instanceof Response) return asker;
  return (await services.isRestoring()) ? failure(c, 'restoring', RETRY_AFTER) : null;
}

async function readAnybody(c: Context, services: Services, path: string): Promise<object> {
  if (!path.startsWith('/v1/me/')) return readToken(c, services);
  allowOrigin(c, services);
  return readCaller(c, services);
}
