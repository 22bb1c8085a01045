import type { Mode } from './surroundings.ts';

/** Who stopped the revocations, since when and why. */
export interface EffectsPause {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

/** A database that came out of a backup and waits to be compared with the provider. */
export interface Restore {
  readonly epoch: string;
  readonly since: string;
  readonly reconciliation: number;
}

/** What is forgotten in time. Identifiers, hashes, outcomes and tombstones are not among it. */
export const FORGETTABLE = [
  /** What deliveries said. */
  'payloads',
  /** The same, about users who have been deleted since. */
  'deleted_users',
  /** Addresses of invitations that nobody can accept any more. */
  'invited',
  /** What was owed and is done. */
  'effects',
  'attempts',
  /** What became of each delivery of a replay. */
  'replayed',
  /** What reconciliations found, and what they took note of while they ran. */
  'drift',
  'reconciled',
  'console_sessions',
  /** The trail, from its beginning. */
  'changes',
] as const;

export type Forgettable = (typeof FORGETTABLE)[number];

/** The store's side of how an installation is run and kept small. */
export interface UpkeepStore {
  /** A process runs in this mode. False when it is to be told again later. */
  noteMode(mode: Mode): Promise<boolean>;
  pauseEffects(by: string, reason: string): Promise<EffectsPause>;
  /** False when they were not paused. */
  resumeEffects(by: string, reason: string): Promise<boolean>;
  beginRestore(by: string, reason: string): Promise<Restore>;
  /** Whether it is time to forget; true for one process only, until `everyMs` have passed. */
  beginForgetting(everyMs: number): Promise<boolean>;
  /** It was not finished: whoever asks next goes on. */
  putOffForgetting(): Promise<void>;
  /** At most so many rows that are older than so many days. @returns how many they were. */
  forget(what: Forgettable, days: number, most: number): Promise<number>;
}
