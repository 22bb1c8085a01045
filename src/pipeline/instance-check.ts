import type { Clock, Log, Provider, Store } from './ports.ts';

/** Whether the secret key belongs to the instance that the database is pinned to. */
export type InstanceCheck = 'matches' | 'wrong_instance_key' | 'unknown';

/** What one process has learnt of its key: plain data, so that a worker may keep it between requests. */
export interface KnownInstance {
  id: string | null;
  askedAt: number;
}

const ASK_AGAIN_AFTER_MS = 5 * 60_000;

export function unknownInstance(): KnownInstance {
  return { id: null, askedAt: Number.NEGATIVE_INFINITY };
}

/**
 * Answers of another instance would look like everybody's absence: nothing is asked, revoked or inferred before the
 * key is known to belong here. An unpinned database takes the key's instance for its own.
 */
export async function checkInstance(
  { store, provider, clock, log }: { store: Store; provider: Provider; clock: Clock; log: Log },
  known: KnownInstance,
): Promise<InstanceCheck> {
  const pinned = (await store.readReadiness()).providerInstance;
  if (known.id === null || clock.now() - known.askedAt > ASK_AGAIN_AFTER_MS) {
    const asked = await provider.instance();
    if ('failure' in asked) {
      log.warn('instance_unknown', { failure: asked.failure });
      if (known.id === null) return 'unknown';
    } else {
      known.id = asked.answer;
      known.askedAt = clock.now();
    }
  }
  if (known.id === null) return 'unknown';
  if (pinned === null) {
    await store.pinInstance(known.id);
    return checkInstance({ store, provider, clock, log }, known);
  }
  if (pinned === known.id) return 'matches';
  log.error('wrong_instance_key', { pinned, key: known.id });
  return 'wrong_instance_key';
}
