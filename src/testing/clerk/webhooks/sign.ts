import { createHmac } from 'node:crypto';

export interface SvixHeaders {
  readonly 'svix-id': string;
  readonly 'svix-timestamp': string;
  readonly 'svix-signature': string;
}

/**
 * The signature as the scheme's description has it, made with nothing but HMAC: a stand-in that signed with the
 * library that Rolecall verifies with would agree with it also where both are wrong.
 */
export const svixSignature = (
  secret: string,
  id: string,
  timestamp: number,
  body: string | Uint8Array,
): string => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
};

/** `at` in milliseconds; the header has seconds. */
export const svixHeaders = (
  secret: string,
  id: string,
  at: number,
  body: string | Uint8Array,
): SvixHeaders => {
  const timestamp = Math.floor(at / 1_000);
  return {
    'svix-id': id,
    'svix-timestamp': String(timestamp),
    'svix-signature': svixSignature(secret, id, timestamp, body),
  };
};
