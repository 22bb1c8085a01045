import type { StatusFacts } from './status-facts.ts';

export type Severity = 'yellow' | 'red';

/** One thing that may be wrong. */
export interface Rule {
  readonly severity: Severity;
  /** A file of `docs/runbooks`, without its ending. */
  readonly runbook: string;
  /** Null where it is not wrong. */
  judge(facts: StatusFacts, now: number): Found | null;
}

export type Rules = Readonly<Record<string, Rule>>;

interface Found {
  readonly message: string;
  readonly since: string | null;
  /** Instead of the usual one. */
  readonly severity?: Severity;
}

/** From which on things are worth waking somebody, or a look in the morning. */
export const THRESHOLDS = {
  /** A revocation takes seconds: past this somebody may be in who should not be. */
  revocationOwedMs: 60_000,
  /** A lookup may wait behind a replay: past this Clerk does not answer. */
  lookupOwedMs: 10 * 60_000,
  /** Clerk sends something whenever anybody signs in. */
  silenceMs: 24 * 3_600_000,
  /** Processes say once a minute that they are at work. */
  aliveMs: 5 * 60_000,
  /** Schedules that may be missed. */
  reconciliations: 2,
  /** In a quarter of an hour: more than a team that is let go. */
  losses: 100,
} as const;

export function olderThan(at: string | null, ms: number, now: number): boolean {
  return at !== null && now - Date.parse(at) > ms;
}

/** Counts end at 10,000. */
export function plural(count: number, one: string, many: string): string {
  return count === 1 ? `1 ${one}` : `${count >= 10_000 ? '10000 or more' : count} ${many}`;
}
