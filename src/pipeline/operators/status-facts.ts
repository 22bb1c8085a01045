import type { InstanceCheck } from '../instance-check.ts';
import type { Mode, StoredStatus } from '../ports.ts';

/** Everything that is judged: what the database knows, and what only a process does. */
export interface StatusFacts extends StoredStatus {
  readonly mode: Mode;
  readonly check: InstanceCheck;
  /** How often everything is compared with the provider; null where nothing is scheduled. */
  readonly reconcileEveryMs: number | null;
}

/** How much is owed to the provider, and how much was given up, of some kinds of effects. */
export interface Owed {
  readonly owed: number;
  readonly oldest: string | null;
  readonly dead: number;
  readonly deadSince: string | null;
}

export function revocationsOf(facts: StoredStatus): Owed {
  return owedOf(facts, (kind) => kind.startsWith('revoke_'));
}

export function lookupsOf(facts: StoredStatus): Owed {
  return owedOf(facts, (kind) => kind.startsWith('lookup_'));
}

function owedOf(facts: StoredStatus, wanted: (kind: string) => boolean): Owed {
  const sum = (counts: readonly { readonly kind: string; readonly count: number }[]) =>
    counts.filter(({ kind }) => wanted(kind)).reduce((total, { count }) => total + count, 0);
  return {
    owed: sum(facts.owed),
    oldest: earliest(facts.oldestOwed.filter(({ kind }) => wanted(kind)).map(({ at }) => at)),
    dead: sum(facts.dead),
    deadSince: earliest(facts.dead.filter(({ kind }) => wanted(kind)).map(({ since }) => since)),
  };
}

function earliest(times: readonly (string | null)[]): string | null {
  return times.filter((at) => at !== null).sort()[0] ?? null;
}

/** Comparisons that find what no event was there to tell: a first import, a restored database, polling instead of events. */
const EXPECTED: ReadonlySet<string> = new Set(['import', 'restore', 'poll']);

/** Of what the last comparison found, all that an event should have told. */
export function neverReceived({ reconciliation }: StoredStatus): number {
  if (reconciliation === null || EXPECTED.has(reconciliation.cause)) return 0;
  return Object.values(reconciliation.drift).reduce((sum, count) => sum + count, 0);
}
