import type { TokenTimes } from '../client/question.ts';
import type { AgentSubject } from './decide-locally.ts';

/** A session token's life, as the provider makes them. */
const TOKEN_LIFE_MS = 60_000;

/**
 * Whether a token stands in for the server that cannot be reached: the provider issued it after the copy was last
 * current, so whoever it ended the session of in between has none, and it has not outlived its own life. What an agent
 * may nobody has said since.
 * @param confirmedAt when the copy was last current, and `now`: milliseconds since 1970.
 */
export function trusts(
  subject: string | AgentSubject,
  token: TokenTimes | undefined,
  confirmedAt: number,
  now: number,
): boolean {
  if (typeof subject !== 'string' || token === undefined) return false;
  // Of the copy's own second it may be from before.
  const issuedSince = token.issuedAt > Math.floor(confirmedAt / 1_000);
  return issuedSince && token.issuedAt * 1_000 > now - TOKEN_LIFE_MS;
}
