import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** A bearer token as the environment gives it: `secret`, `name:secret` or `name@org_…:secret`. */
export interface AccessToken {
  readonly name: string;
  /** The only organization it may ask about; null for any. */
  readonly organization: string | null;
  readonly secret: string;
}

/** An operator's: `secret`, `name:secret`, or `name+read:secret` for one that may only look. */
export interface OperatorToken {
  /** Who acts, in everything that is recorded of it. */
  readonly name: string;
  readonly mayWrite: boolean;
  readonly secret: string;
}

/** Characters; a longer one is not even looked at. */
export const LONGEST_TOKEN = 512;

/** The token that the request carries, compared without telling by its time how much of it was right. */
export function authenticate<Token extends { readonly secret: string }>(
  authorization: string | undefined,
  tokens: readonly Token[],
): Token | null {
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1];
  if (given === undefined || given.length > LONGEST_TOKEN) return null;
  return tokenOf(digestOf(given), tokens);
}

export function digestOf(secret: string): Uint8Array {
  return sha256(utf8ToBytes(secret));
}

/** The token with this digest, compared as above. @param prefix what the secret was digested behind. */
export function tokenOf<Token extends { readonly secret: string }>(
  digest: Uint8Array,
  tokens: readonly Token[],
  prefix = '',
): Token | null {
  let found: Token | null = null;
  for (const token of tokens) {
    const own = prefix === '' ? ownDigestOf(token) : digestOf(`${prefix}${token.secret}`);
    if (sameBytes(digest, own)) found = token;
  }
  return found;
}

/** Of the tokens that we were started with, each digested once; of what requests carry nothing is kept. */
const ownDigests = new WeakMap<object, Uint8Array>();

function ownDigestOf(token: { readonly secret: string }): Uint8Array {
  let digest = ownDigests.get(token);
  if (digest === undefined) {
    digest = digestOf(token.secret);
    ownDigests.set(token, digest);
  }
  return digest;
}

/** Of two digests, so that neither length nor place of a difference can be measured. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
