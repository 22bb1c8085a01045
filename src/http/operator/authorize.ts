import type { Context } from 'hono';
import { authenticate, type OperatorToken } from '../bearer.ts';
import { failure } from '../failure.ts';
import type { Services } from '../services.ts';
import { countWrong } from './throttle.ts';

/**
 * Which operator asks, or the answer that refuses them. The token is looked at first and always: a flood of wrong ones
 * keeps nobody out who has a right one.
 */
export function readOperator(
  c: Context,
  services: Pick<Services, 'operatorTokens' | 'wrongOperators' | 'clock' | 'log'>,
): OperatorToken | Response {
  const given = c.req.header('authorization');
  // Whoever shows nothing guesses nothing: a monitor without its token must not use up the guesses of others.
  if (given === undefined) return failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' });
  return authenticate(given, services.operatorTokens) ?? refuseOperator(c, services);
}

/** The answer to a wrong token. Only wrong ones are counted. */
export function refuseOperator(
  c: Context,
  services: Pick<Services, 'wrongOperators' | 'clock' | 'log'>,
  words?: string,
): Response {
  const waitS = countWrong(services.wrongOperators, services.clock.now());
  if (waitS !== null) return failure(c, 'too_many_attempts', { 'retry-after': String(waitS) });
  services.log.warn('operator_refused', { path: c.req.routePath });
  return failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' }, words);
}

/** The same for what changes something. */
export function writingOperator(c: Context, services: Services): OperatorToken | Response {
  const operator = readOperator(c, services);
  if (operator instanceof Response || operator.mayWrite) return operator;
  return failure(c, 'read_only');
}
