import type { Webhooks } from '../../pipeline/ports.ts';
import { parseMessage } from './parse.ts';
import { readSignedHeaders, VerifiedMessage } from './verify.ts';

/** Clerk's webhooks: signed by Svix, any of the given secrets, so that one can be rotated while both are in use. */
export function clerkWebhooks(secrets: readonly string[]): Webhooks {
  return {
    precheck(headers, now) {
      const signed = readSignedHeaders(headers, now);
      return typeof signed === 'string' ? { refused: signed } : null;
    },
    async authenticate(message, received) {
      const verified = VerifiedMessage.verify(secrets, message, received.at);
      if (typeof verified === 'string') return { refused: verified };
      return {
        id: verified.id,
        source: received.source,
        receivedAt: received.at,
        body: verified.bytes,
        sha256: await sha256Hex(verified.bytes),
        ...parseMessage(verified),
      };
    },
  };
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
