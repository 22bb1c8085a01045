import type { Refusal } from './authorization.ts';

/** `Request.headers`, the `Headers` of `next/headers`, or whatever else gives a header by its name. */
export interface HeaderSource {
  get(name: string): string | null | undefined;
}

export type Credential =
  | { readonly kind: 'session_token'; readonly token: string }
  | { readonly kind: 'api_key'; readonly secret: string };

/** Characters. Clerk's tokens have about a thousand, and cookies end at 4,096 bytes. */
const LONGEST = 8_192;

/**
 * The one token of a request, of `Authorization: Bearer` or of the session cookie. Two that differ are refused, also
 * two cookies: another subdomain can set one of its own beside the app's.
 */
export function credentialOf(headers: HeaderSource, cookieName: string): Credential | Refusal {
  const authorization = headers.get('authorization') ?? '';
  const bearer = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)?.[1];
  // A bearer token that cannot be read is refused, not passed over for the cookie.
  if (bearer === undefined && /^Bearer\b/i.test(authorization)) return 'malformed';
  const cookies = cookiesNamed(headers.get('cookie') ?? '', cookieName);
  const [token, ...others] = new Set(bearer === undefined ? cookies : [bearer, ...cookies]);
  if (token === undefined) return 'no_token';
  if (others.length > 0) return 'two_tokens';
  if (token.length > LONGEST) return 'malformed';
  if (!token.startsWith('ak_')) return { kind: 'session_token', token };
  return bearer === undefined ? 'malformed' : { kind: 'api_key', secret: token };
}

/** Values as they are: a token holds nothing that a cookie would have to escape. Signed out leaves an empty one. */
function cookiesNamed(header: string, name: string): string[] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
    .filter((value) => value !== '');
}
