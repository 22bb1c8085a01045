import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Webhooks } from '../../pipeline/ports.ts';
import { NOTHING_READ, parseMessage } from './parse.ts';
import { readSignedHeaders, VerifiedMessage } from './verify.ts';

/** Clerk's webhooks: signed by Svix, any of the given secrets, so that one can be rotated while both are in use. */
export function clerkWebhooks(secrets: readonly string[]): Webhooks {
  return {
    precheck(headers, now) {
      const signed = readSignedHeaders(headers, now);
      return typeof signed === 'string' ? { refused: signed } : null;
    },
    authenticate(message, received) {
      const verified = VerifiedMessage.verify(secrets, message, received.at);
      if (typeof verified === 'string') return { refused: verified };
      return {
        id: verified.id,
        source: received.source,
        receivedAt: received.at,
        body: verified.bytes,
        sha256: bytesToHex(sha256(verified.bytes)),
        ...parseMessage(verified),
      };
    },
    reread({ id, source, receivedAt, sha256: expected, body }) {
      const digest = bytesToHex(sha256(body));
      // Kept without proof, at the queue's last stop: no replay makes it believed.
      if (id === unprovedId(digest)) return { refused: 'not_proved_again' };
      const message = digest === expected ? VerifiedMessage.kept(id, body) : null;
      if (message === null) return { refused: 'altered' };
      return {
        id,
        source: source ?? 'webhook',
        receivedAt: Math.floor((receivedAt ?? 0) / 1000),
        body,
        sha256: digest,
        ...parseMessage(message),
      };
    },
    keepUnbelieved(body, receivedAt) {
      const digest = bytesToHex(sha256(body));
      const content = { kind: 'malformed', problem: 'not_proved_again', questions: [] } as const;
      const id = unprovedId(digest);
      return { ...NOTHING_READ, id, source: 'queue', receivedAt, body, sha256: digest, content };
    },
  };
}

function unprovedId(digest: string): string {
  return `unproved_${digest}`;
}
