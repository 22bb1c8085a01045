import { decodeJwt, hasValidSignature } from '@clerk/backend/jwt';
import * as v from 'valibot';
import type { Refusal, SessionCaller } from './authorization.ts';
import { callerOf, type Expected } from './claims.ts';

export interface TokenRules extends Expected {
  /** PEM, SPKI. */
  readonly jwtKey: string;
}

const Header = v.record(v.string(), v.unknown());

/**
 * Reads a session token of Clerk's. The signature is checked by Clerk's library; which algorithm, which type and which
 * claims are acceptable is decided here, for the library takes RS512, any issuer, no `iat` and no `sid`.
 * @throws Error when the key is none: a setting, and no fault of the token.
 */
export async function readSessionToken(
  token: string,
  rules: TokenRules,
  nowMs: number,
): Promise<SessionCaller | Refusal> {
  const jwt = decoded(token);
  if (jwt === null || !v.is(Header, jwt.header)) return 'malformed';
  const { alg, typ, crit }: v.InferOutput<typeof Header> = jwt.header;
  // One algorithm, whatever the token names: `none` is no signature, and HS256 would take the public key for a secret.
  if (alg !== 'RS256') return 'wrong_algorithm';
  // Access tokens of Clerk's OAuth are signed with the same key, and are of type `at+jwt`.
  if (typ !== 'JWT') return 'wrong_type';
  // RFC 7515, 4.1.11: what must be understood and is not must be refused.
  if (crit !== undefined) return 'malformed';
  if (!(await hasValidSignature(jwt, rules.jwtKey))) return 'forged';
  return callerOf(jwt.payload, rules, nowMs);
}

function decoded(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}
