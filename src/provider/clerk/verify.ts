import { Webhook } from 'svix';

/** Svix's own tolerance, in seconds: https://docs.svix.com/receiving/verifying-payloads/how-manual */
const TIMESTAMP_TOLERANCE_S = 300;

/** No dot: what is signed is joined by dots, and must come apart in one way only. */
const MESSAGE_ID = /^[A-Za-z0-9][A-Za-z0-9_:-]{0,190}$/;
/** No leading zero: it would be another header under the same signature, which is made over the number. */
const SECONDS = /^[1-9][0-9]{9,10}$/;
/** A comma inside one would mean a header that was sent twice: the parts of a repeated header are joined by one. */
const SIGNATURES = /^v[0-9a-z]+,[A-Za-z0-9+/]+={0,2}(?: v[0-9a-z]+,[A-Za-z0-9+/]+={0,2}){0,15}$/;

/** Why a message was not believed. For the log; whoever sent it learns only that it was not. */
export type VerificationFailure =
  | 'id_missing'
  | 'id_malformed'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_mismatch'
  | 'body_not_utf8';

/** A message whose sender is proved. Nothing but the verifier makes one, and the parser takes nothing else. */
export class VerifiedMessage {
  readonly #proof = true;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly text: string;

  private constructor(id: string, bytes: Uint8Array, text: string) {
    this.id = id;
    this.bytes = bytes;
    this.text = text;
  }

  /** Whether `value` was made by a verifier: a look-alike has no proof. */
  static is(value: object): value is VerifiedMessage {
    return #proof in value;
  }

  /**
   * One that was verified when it was taken, as the inbox has kept it. Null where it is not UTF-8: none was taken so.
   * Whoever can write the inbox can write the facts: there is nothing to prove to them.
   */
  static kept(id: string, body: Uint8Array): VerifiedMessage | null {
    const text = decodeUtf8(body);
    return text === null ? null : new VerifiedMessage(id, body, text);
  }

  /** @param now when the message reached us, milliseconds: a spilled message is verified again as of then. */
  static verify(
    secrets: readonly string[],
    message: { readonly headers: Headers; readonly body: Uint8Array },
    now: number,
  ): VerifiedMessage | VerificationFailure {
    const signed = readSignedHeaders(message.headers, now);
    if (typeof signed === 'string') return signed;
    const text = decodeUtf8(message.body);
    if (text === null) return 'body_not_utf8';
    const sentAt = new Date(signed.timestamp * 1000);
    const expected = secrets.map((secret) => new Webhook(secret).sign(signed.id, sentAt, text));
    // Every pair is compared, so that neither a match nor its place can be told from the time taken.
    const matches = expected.map((one) => signed.signatures.map((given) => equalInConstantTime(one, given)));
    return matches.flat().includes(true)
      ? new VerifiedMessage(signed.id, message.body, text)
      : 'signature_mismatch';
  }
}

interface SignedHeaders {
  readonly id: string;
  readonly timestamp: number;
  readonly signatures: readonly string[];
}

/**
 * The three `svix-` headers, checked before the body is read and closer than the library does: it takes
 * `1795293922abc` for a time, and falls back to `webhook-` headers.
 */
export function readSignedHeaders(headers: Headers, now: number): SignedHeaders | VerificationFailure {
  const id = headers.get('svix-id');
  const timestamp = headers.get('svix-timestamp');
  const signature = headers.get('svix-signature');
  if (id === null) return 'id_missing';
  if (!MESSAGE_ID.test(id)) return 'id_malformed';
  if (timestamp === null) return 'timestamp_missing';
  if (!SECONDS.test(timestamp)) return 'timestamp_malformed';
  const age = Math.floor(now / 1000) - Number(timestamp);
  if (age > TIMESTAMP_TOLERANCE_S) return 'timestamp_too_old';
  if (age < -TIMESTAMP_TOLERANCE_S) return 'timestamp_too_new';
  if (signature === null) return 'signature_missing';
  if (!SIGNATURES.test(signature)) return 'signature_malformed';
  return { id, timestamp: Number(timestamp), signatures: signature.split(' ') };
}

/** Bytes that are no UTF-8 would be replaced before they are hashed: other bytes could pass under one signature. */
function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/** Those of the stand-in for Clerk: they are in the package, so that anybody can sign with them. */
export function isStandInsSecret(secret: string): boolean {
  return atob(secret.replace(/^whsec_/, '')).startsWith('stand-in ');
}

/** What is wrong with a signing secret's shape; null when nothing is. The library takes one of a single byte. */
export function signingSecretProblem(secret: string): string | null {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret);
  if (match?.[1] === undefined || match[1].length % 4 !== 0) return 'must be whsec_ and base64';
  const padding = match[1].endsWith('==') ? 2 : match[1].endsWith('=') ? 1 : 0;
  const bytes = (match[1].length / 4) * 3 - padding;
  return bytes < 24 || bytes > 64 ? 'must hold 24 to 64 bytes' : null;
}
