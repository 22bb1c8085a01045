import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { digestOf, LONGEST_TOKEN, type OperatorToken, tokenOf } from '../http/bearer.ts';
import type { Services } from '../http/services.ts';

/** As browsers have it: `__Host-rolecall`. No other host, path or plain connection can set one of this name. */
const COOKIE = 'rolecall';
const SECONDS = 12 * 60 * 60;

/** 256 random bits in base64url; nothing else is even looked up. */
const SESSION_ID = /^[A-Za-z0-9_-]{43}$/;

/** The operator whose token this is; null where it is nobody's. */
export function operatorWith(
  token: string,
  services: Pick<Services, 'operatorTokens'>,
): OperatorToken | null {
  if (token.length > LONGEST_TOKEN) return null;
  return tokenOf(digestOf(token), services.operatorTokens);
}

/** Signs in. The id is always a new one: one that somebody else put into the browser never becomes a session. */
export async function openSession(c: Context, services: Services, operator: OperatorToken): Promise<void> {
  await closeSession(c, services);
  const id = newId();
  await services.console.openSession({
    idSha256: hexDigest(id),
    operator: operator.name,
    // Behind the id, which no table holds: a dump gives nothing by which a token could be guessed, and whoever can write
    // the table cannot sign in with a row copied under an id of their own.
    tokenSha256: hexDigest(`${id}${operator.secret}`),
    seconds: SECONDS,
  });
  setCookie(c, COOKIE, id, {
    prefix: 'host',
    httpOnly: true,
    secure: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: SECONDS,
  });
}

/** Who is signed in. A session dies with the token it was opened with, and may do what that token may do now. */
export async function readSession(c: Context, services: Services): Promise<OperatorToken | null> {
  const id = presentedId(c);
  if (id === null) return null;
  const session = await services.console.readSession(hexDigest(id));
  return session === null ? null : tokenOf(hexToBytes(session.tokenSha256), services.operatorTokens, id);
}

/** Signs out: at the server, whatever the browser does with its cookie. */
export async function closeSession(c: Context, services: Services): Promise<void> {
  const id = presentedId(c);
  if (id === null) return;
  await services.console.closeSession(hexDigest(id));
  setCookie(c, COOKIE, '', {
    prefix: 'host',
    httpOnly: true,
    secure: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: 0,
  });
}

function presentedId(c: Context): string | null {
  const id = getCookie(c, COOKIE, 'host');
  return id !== undefined && SESSION_ID.test(id) ? id : null;
}

function hexDigest(text: string): string {
  return bytesToHex(digestOf(text));
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
