import type { Clock, Store } from '../ports.ts';

/** What one process knows of a restore: plain data, so that a worker may keep it between requests. */
export interface KnownRestore {
  /** Null before it was asked for. */
  restoring: boolean | null;
  askedAt: number;
}

export function unknownRestore(): KnownRestore {
  return { restoring: null, askedAt: Number.NEGATIVE_INFINITY };
}

/** What was learnt `freshMs` ago at most; else null, and one of those who want to know asks. */
export function knownRestoring(known: KnownRestore, clock: Clock, freshMs: number): boolean | null {
  return clock.now() - known.askedAt < freshMs ? known.restoring : null;
}

/** Whether the database was restored from a backup and may not answer yet. */
export async function isRestoring(
  { store, clock }: { readonly store: Pick<Store, 'readReadiness'>; readonly clock: Clock },
  known: KnownRestore,
): Promise<boolean> {
  const { askedAt } = known;
  // The others go on meanwhile with what was known.
  known.askedAt = clock.now();
  try {
    known.restoring = (await store.readReadiness()).restoringSince !== null;
  } catch (error) {
    known.askedAt = askedAt;
    throw error;
  }
  return known.restoring;
}
