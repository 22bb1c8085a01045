import type { Context } from 'hono';
import { isCutOff } from '../../domain/decide-access.ts';
import type { PresentedSession, SessionStanding } from '../../pipeline/ports.ts';
import { failure } from '../failure.ts';
import type { Services } from '../services.ts';

/** Characters. Clerk's tokens have about a thousand. */
const LONGEST_TOKEN = 8_192;

/**
 * Whose session token it is, or the answer that refuses it; why is only logged. Only `Authorization` counts: a cookie
 * would come along with whatever page made the request.
 */
export async function readCaller(
  c: Context,
  { sessionTokens, clock, log }: Pick<Services, 'sessionTokens' | 'clock' | 'log'>,
): Promise<PresentedSession | Response> {
  if (sessionTokens === null) return failure(c, 'session_tokens_not_taken');
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (token === undefined || token.length > LONGEST_TOKEN) {
    return failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' }, 'A session token is required.');
  }
  const presented = await sessionTokens.verify(token, clock.now());
  if (!('refused' in presented)) return presented;
  log.warn('session_token_refused', { reason: presented.refused });
  return invalidToken(c);
}

/** The answer to a token that is authentic and worth nothing any more; null where it is. */
export function refusedFor(
  c: Context,
  presented: PresentedSession,
  standing: SessionStanding,
): Response | null {
  if (standing.foreign) return invalidToken(c);
  if (!standing.ended && !isCutOff(presented, standing.cutoff)) return null;
  return failure(c, 'token_cut_off', { 'www-authenticate': 'Bearer error="invalid_token"' });
}

function invalidToken(c: Context): Response {
  const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return failure(c, 'unauthenticated', challenge, 'A valid session token is required.');
}
