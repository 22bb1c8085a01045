import type { Lane } from '../../domain/effects.ts';
import type { Mode } from './surroundings.ts';
import type { EffectsPause } from './upkeep.ts';

/** What the database knows of how an installation is doing. Times are ISO 8601; counts end at 10,000. */
export interface StoredStatus {
  /** Milliseconds of the database's clock. */
  readonly at: number;
  readonly owed: readonly { readonly kind: string; readonly lane: Lane; readonly count: number }[];
  /** The oldest that is owed, by kind. */
  readonly oldestOwed: readonly { readonly kind: string; readonly at: string }[];
  readonly dead: readonly { readonly kind: string; readonly count: number; readonly since: string | null }[];
  /** How the last attempts of what is owed ended. */
  readonly errors: readonly { readonly error: string; readonly count: number; readonly since: string }[];
  readonly deliveries: {
    readonly lastReceivedAt: string | null;
    readonly lastHour: number;
    /** Of the last day. */
    readonly failed: number;
    readonly held: number;
    readonly dead: number;
  };
  /** The last one of everything that has ended and was no dry run. */
  readonly reconciliation: EndedReconciliation | null;
  /** One that runs. */
  readonly reconciling: number | null;
  /** Of the last quarter of an hour; a change is one, however many members it reaches. */
  readonly losses: readonly Loss[];
  readonly holds: number;
  readonly oldestHoldAt: string | null;
  readonly findings: number;
  /** From received to refused, in the last hour. */
  readonly refused: Latencies;
  readonly versions: {
    readonly schema: number;
    readonly policy: number;
    readonly revision: number;
    readonly epoch: string;
  };
  readonly instance: string | null;
  readonly budget: {
    /** As of `refilledAt`. */
    readonly tokens: number;
    readonly refilledAt: number;
    readonly pausedUntil: string | null;
  };
  readonly operations: {
    /** Of the processes that were heard of last. */
    readonly mode: Mode | null;
    readonly aliveAt: string | null;
    readonly restoringSince: string | null;
    readonly effectsPaused: EffectsPause | null;
  };
  /** How many things operators have done, as their numbers tell. */
  readonly operatorActions: number;
}

export interface EndedReconciliation {
  readonly id: number;
  readonly cause: string;
  readonly status: 'done' | 'failed';
  readonly endedAt: string;
  readonly drift: Readonly<Record<string, number>>;
}

export interface Loss {
  readonly kind: string;
  readonly cause: string;
  readonly count: number;
  readonly latestAt: string;
}

/** How many took how long: up to each bound, in milliseconds, and longer than the last. Empty where there are none. */
export interface Latencies {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** What was counted since the schema was made. */
export interface Tallies {
  readonly bounds: readonly number[];
  readonly tallies: readonly {
    readonly name: string;
    readonly first: string;
    readonly second: string;
    readonly value: number;
  }[];
}

export interface StoredActivity {
  readonly stepSeconds: number;
  readonly bounds: readonly number[];
  readonly points: readonly {
    /** When the step began. */
    readonly at: string;
    readonly received: number;
    readonly failed: number;
    readonly removed: number;
    /** What was owed at the end of the step. */
    readonly backlog: number;
    readonly refused: readonly number[];
  }[];
}

/** The store's side of looking after an installation. */
export interface StatusStore {
  readStatus(): Promise<StoredStatus>;
  readTallies(): Promise<Tallies>;
  readActivity(minutes: number): Promise<StoredActivity>;
}
