import type { Resource } from '../client/question.ts';

/** Who is calling, by a token or key that was verified. What they may is not said here: only Rolecall knows. */
export type Caller = SessionCaller | ApiKeyCaller;

export interface SessionCaller {
  readonly via: 'session';
  readonly user: string;
  readonly session: string;
  /** The token's `iat`: whole seconds. */
  readonly issuedAt: number;
  /** The token's `exp`: whole seconds. */
  readonly expiresAt: number;
  /** The organization that is active in the session; null for none. */
  readonly organization: string | null;
  /** Who impersonates the user; null for nobody, and always where impersonation is not allowed. */
  readonly actor: string | null;
}

export interface ApiKeyCaller {
  readonly via: 'api_key';
  readonly key: string;
  /** The user it belongs to; null for a key of an organization. */
  readonly user: string | null;
  /** The user who made it; null where a backend did. */
  readonly createdBy: string | null;
  /** The organization it belongs to; null for a key of a user. */
  readonly organization: string | null;
  /** The app's own words, for the app to limit the key further: Rolecall reads nothing into them. */
  readonly scopes: readonly string[];
}

/** Who is calling, and the organization in which they may do what was asked for. */
export type Identity = Caller & { readonly organization: string };

/** What a request needs. */
export interface Wanted<Permission extends string = string> extends Omit<Resource, 'organization'> {
  readonly permission: Permission;
  /** The caller's own when left out. Given but undefined, as by a misspelt path parameter: refused. */
  readonly organization?: string | undefined;
}

/** Why a token or key was not taken; `invalid_token` is Rolecall's word, for one of another user's session. */
export type Refusal =
  | 'no_token'
  | 'two_tokens'
  | 'malformed'
  | 'wrong_algorithm'
  | 'wrong_type'
  | 'forged'
  | 'wrong_issuer'
  | 'wrong_authorized_party'
  | 'no_user'
  | 'no_session'
  | 'no_time'
  | 'issued_in_the_future'
  | 'lives_too_long'
  | 'expired'
  | 'not_active'
  | 'impersonated'
  | 'invalid_token'
  | 'keys_not_taken'
  | 'unknown_key'
  | 'revoked_key'
  | 'expired_key'
  | 'unsupported_key';

/** 401: whose request it is was not proved, or with a token that was cut off. A fresh token may do. */
interface NotAuthenticated {
  readonly allowed: false;
  readonly status: 401;
  readonly code: 'unauthenticated' | 'token_cut_off';
  /** For the app's log. Telling strangers how close they came helps only them. */
  readonly reason: Refusal | 'token_cut_off';
}

/** 403: who it is is known, and they may not. */
interface NotAllowed {
  readonly allowed: false;
  readonly status: 403;
  readonly code: 'forbidden';
  readonly permission: string;
  /**
   * Rolecall's own (`missing_permission`, `not_a_member`, `suspended`, …), or the guard's: `other_organization`,
   * `no_organization`, `incomplete_question` (a resource that was asked about is undefined), `no_creator` (an
   * organization's key that no user made).
   */
  readonly reason: string;
}

/** 503: Rolecall or Clerk could not be asked, so nobody gets in. */
interface Undecided {
  readonly allowed: false;
  readonly status: 503;
  readonly code: 'unavailable';
  readonly reason: 'rolecall' | 'clerk';
  readonly cause: unknown;
}

export type Denied = NotAuthenticated | NotAllowed | Undecided;

export type Authorization = { readonly allowed: true; readonly identity: Identity } | Denied;

export function unauthenticated(reason: Refusal): Denied {
  return { allowed: false, status: 401, code: 'unauthenticated', reason };
}

export function forbidden(permission: string, reason: string): Denied {
  return { allowed: false, status: 403, code: 'forbidden', permission, reason };
}

export function unavailable(reason: 'rolecall' | 'clerk', cause: unknown): Denied {
  return { allowed: false, status: 503, code: 'unavailable', reason, cause };
}
