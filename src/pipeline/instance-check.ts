import type { Clock, Log, Provider, ProviderFailure, Store } from './ports.ts';

/** Whether the secret key belongs to the instance that the database is pinned to. */
export type InstanceCheck = 'matches' | 'unpinned' | 'wrong_instance_key' | 'unknown' | 'rate_limited';

/** What one process has learnt of its key: plain data, so that a worker may keep it between requests. */
export interface KnownInstance {
  id: string | null;
  askedAt: number;
  /** After a failure: whoever wants to know again waits until then. */
  notBefore: number;
  /** Of the last time that it was asked; null when that was answered. */
  failure: ProviderFailure['failure'] | null;
}

const ASK_AGAIN_AFTER_MS = 5 * 60_000;
const ASK_AGAIN_AFTER_FAILURE_MS = 2_000;

export function unknownInstance(): KnownInstance {
  const never = Number.NEGATIVE_INFINITY;
  return { id: null, askedAt: never, notBefore: never, failure: null };
}

/**
 * Answers of another instance would look like everybody's absence: nothing is asked, revoked or inferred before the
 * key is known to belong here.
 */
export async function checkInstance(
  parts: { store: Store; provider: Provider; clock: Clock; log: Log },
  known: KnownInstance,
): Promise<InstanceCheck> {
  const { store, log } = parts;
  const pinned = (await store.readReadiness()).providerInstance;
  await learnInstance(parts, known);
  if (known.id === null) return known.failure === 'rate_limited' ? 'rate_limited' : 'unknown';
  if (pinned === null) return 'unpinned';
  if (pinned === known.id) return 'matches';
  log.error('wrong_instance_key', { pinned, key: known.id });
  return 'wrong_instance_key';
}

/** Once in a while, since a key can be exchanged; an answer that was had counts until the next one. */
async function learnInstance(
  { provider, clock, log }: { provider: Provider; clock: Clock; log: Log },
  known: KnownInstance,
): Promise<void> {
  const now = clock.now();
  if (now < known.notBefore || (known.id !== null && now - known.askedAt <= ASK_AGAIN_AFTER_MS)) return;
  const asked = await provider.instance();
  if ('answer' in asked) {
    known.id = asked.answer;
    known.askedAt = clock.now();
    known.failure = null;
    return;
  }
  log.warn('instance_unknown', { failure: asked.failure });
  known.failure = asked.failure;
  const waitMs = asked.failure === 'rate_limited' ? asked.retryAfterMs : ASK_AGAIN_AFTER_FAILURE_MS;
  known.notBefore = clock.now() + waitMs;
}
