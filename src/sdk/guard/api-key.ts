import * as v from 'valibot';
import { isIdentifier } from '../../domain/ids.ts';
import { within } from '../client/deadline.ts';
import { type ApiKeyCaller, type Denied, unauthenticated, unavailable } from './authorization.ts';

/** What verifies API keys: `createClerkClient({ secretKey }).apiKeys`. */
export interface ApiKeys {
  verify(secret: string): Promise<unknown>;
}

/** Milliseconds. */
const TIMEOUT_MS = 5_000;

const Key = v.object({
  id: v.string(),
  subject: v.string(),
  createdBy: v.nullable(v.string()),
  scopes: v.array(v.string()),
  revoked: v.boolean(),
  expired: v.boolean(),
  expiration: v.nullable(v.number()),
});

/** Clerk's own word for a key that it does not know. A proxy's page of HTML comes without errors. */
const NotAKey = v.object({
  status: v.picklist([400, 404]),
  errors: v.pipe(v.array(v.object({ code: v.string() })), v.minLength(1)),
});

/**
 * Asks Clerk about a key, every time: keys do not end with sessions, nothing is told of them by webhooks, and one that
 * was revoked a moment ago must not work any more.
 */
export async function readApiKey(
  secret: string,
  apiKeys: ApiKeys | undefined,
  nowMs: number,
): Promise<ApiKeyCaller | Denied> {
  if (apiKeys === undefined) return unauthenticated('keys_not_taken');
  let answer: unknown;
  try {
    answer = await within(TIMEOUT_MS, () => apiKeys.verify(secret));
  } catch (error) {
    return v.is(NotAKey, error) ? unauthenticated('unknown_key') : unavailable('clerk', error);
  }
  const read = v.safeParse(Key, answer);
  if (!read.success) return unavailable('clerk', new Error('the answer about the key cannot be read'));
  const { id, subject, createdBy, scopes, revoked, expired, expiration } = read.output;
  // Clerk answers 200 for these, with only the flags to tell.
  if (revoked) return unauthenticated('revoked_key');
  if (expired || (expiration !== null && expiration <= nowMs)) return unauthenticated('expired_key');
  const user = isUser(subject) ? subject : null;
  const organization = isIdentifier(subject) && subject.startsWith('org_') ? subject : null;
  // Machines have keys too, and are members of nothing.
  if (user === null && organization === null) return unauthenticated('unsupported_key');
  if (createdBy !== null && !isUser(createdBy)) return unauthenticated('unsupported_key');
  return { via: 'api_key', key: id, user, createdBy, organization, scopes };
}

function isUser(id: string): boolean {
  return isIdentifier(id) && id.startsWith('user_');
}
