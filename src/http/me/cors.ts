import type { Context } from 'hono';
import { NOT_KEPT } from '../failure.ts';
import type { Services } from '../services.ts';

/** Lets the pages of an app read the answer, whichever it is. Others' are told nothing, and their browser keeps it back. */
export function allowOrigin(c: Context, { sessionTokens }: Pick<Services, 'sessionTokens'>): boolean {
  c.header('vary', 'Origin');
  const origin = c.req.header('origin');
  if (origin === undefined || sessionTokens?.origins.includes(origin) !== true) return false;
  c.header('access-control-allow-origin', origin);
  c.header('access-control-expose-headers', 'retry-after, x-request-id');
  return true;
}

/** What a browser asks before it shows a session token to another origin. Cookies are not among what it may send. */
export function preflight(c: Context, services: Services): Response {
  if (allowOrigin(c, services)) {
    c.header('access-control-allow-methods', 'GET');
    c.header('access-control-allow-headers', 'authorization, last-event-id, x-request-id');
    c.header('access-control-max-age', '600');
  }
  return c.body(null, 204, NOT_KEPT);
}
