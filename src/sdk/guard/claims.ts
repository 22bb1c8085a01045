import * as v from 'valibot';
import { isIdentifier } from '../../domain/ids.ts';
import type { Refusal, SessionCaller } from './authorization.ts';

export interface Expected {
  readonly issuer: string;
  readonly authorizedParties: readonly string[];
  readonly allowImpersonation: boolean;
}

/** Seconds by which Clerk's clock and ours may differ. */
const SKEW_S = 5;
/** Clerk's live 60; its API can mint ones that live ten years. */
const LONGEST_LIFE_S = 300;

const Payload = v.record(v.string(), v.unknown());
const Seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Organization = v.object({ id: v.custom<string>(isIdentifier) });
const Actor = v.object({ sub: v.custom<string>(isIdentifier) });

/**
 * Who the claims of an authentic token speak of. Roles and permissions among them are not read: they were true when the
 * token was made.
 */
export function callerOf(payload: unknown, expected: Expected, nowMs: number): SessionCaller | Refusal {
  if (!v.is(Payload, payload)) return 'malformed';
  const { iss, azp, sub, sid, iat, exp, nbf, sts, act } = payload;
  const now = nowMs / 1_000;

  if (iss !== expected.issuer) return 'wrong_issuer';
  if (typeof azp !== 'string' || !expected.authorizedParties.includes(azp)) return 'wrong_authorized_party';
  // Machines have tokens under the same key.
  if (!isIdentifier(sub) || !sub.startsWith('user_')) return 'no_user';
  // Tokens of JWT templates have none, and no cutoff of a session would reach them.
  if (!isIdentifier(sid)) return 'no_session';
  if (!v.is(Seconds, iat) || !v.is(Seconds, exp)) return 'no_time';
  if (nbf !== undefined && !v.is(Seconds, nbf)) return 'no_time';
  if (iat > now + SKEW_S || (nbf ?? 0) > now + SKEW_S) return 'issued_in_the_future';
  if (exp - iat > LONGEST_LIFE_S) return 'lives_too_long';
  if (exp <= now - SKEW_S || exp <= iat) return 'expired';
  if (!isActive(sts, payload['v'])) return 'not_active';
  if (act !== undefined && !(expected.allowImpersonation && v.is(Actor, act))) return 'impersonated';
  const organization = organizationOf(payload);
  if (organization === undefined) return 'malformed';

  return {
    via: 'session',
    user: sub,
    session: sid,
    issuedAt: iat,
    expiresAt: exp,
    organization,
    actor: v.is(Actor, act) ? act.sub : null,
  };
}

/** A session that still has tasks to do is `pending`. Tokens of the first version may not say. */
function isActive(status: unknown, version: unknown): boolean {
  return status === 'active' || (status === undefined && version !== 2);
}

/** `o.id` in the second version, `org_id` in the first, which names none; undefined when it cannot be told. */
function organizationOf(payload: v.InferOutput<typeof Payload>): string | null | undefined {
  const { v: version, o, org_id: id } = payload;
  if (version === 2) {
    if (o === undefined) return null;
    return v.is(Organization, o) ? o.id : undefined;
  }
  if (version !== undefined && version !== 1) return undefined;
  if (id === undefined || id === null) return null;
  return isIdentifier(id) ? id : undefined;
}
