import type { OrganizationId, UserId } from '../../domain/ids.ts';
import type { Commit, Committed } from './commit.ts';
import type { AttemptResult, Budget, HoldersPage, HoldersWanted, LeasedEffect, Settled } from './effects.ts';
import type { FactKeys, Reading } from './reading.ts';
import type { Standing, StandingKeys } from './standing.ts';

export interface Readiness {
  readonly schemaVersion: number;
  /** Code that was written for this schema, or for a later one, works on the database. */
  readonly oldestCode: number;
  /** ISO 8601; null unless it was restored from a backup and waits to be compared with the provider. */
  readonly restoringSince: string | null;
  readonly providerInstance: string | null;
}

/** Every method throws `StoreUnavailable` when the database cannot be reached. */
export interface Store {
  read(keys: FactKeys): Promise<Reading>;
  /**
   * The reading that is likely when nothing is known of these memberships, without asking; null where the store has no
   * good guess. A commit that rests on it is refused as `moved` when it was wrong.
   */
  presume(keys: FactKeys): Reading | null;
  /** All or nothing. `moved`: what the decision rests on has changed since it was read. Throws `StoreRejected`. */
  commit(commit: Commit): Promise<Committed | 'moved'>;
  leaseEffects(
    request: Budget & {
      readonly most: number;
      readonly leaseMs: number;
      /** Whether revocations may be taken too. */
      readonly revoke: boolean;
    },
  ): Promise<LeasedEffect[]>;
  settleEffect(leased: LeasedEffect, ended: AttemptResult, calls: number): Promise<Settled>;
  /** The next members whom a change that reaches them unseen may have reached. */
  readHolders(page: HoldersWanted): Promise<HoldersPage>;
  /** Owes their revocations, and notes how far that has come. False when somebody else has the lease. */
  oweRevocations(leased: LeasedEffect, reached: string, users: readonly UserId[]): Promise<boolean>;
  isMemberAnywhere(userId: UserId): Promise<boolean>;
  /** Counts what the policy constrains in one organization; what does not hold becomes a finding, what holds ends it. */
  checkConstraints(organizationId: OrganizationId): Promise<void>;
  readStanding(keys: StandingKeys): Promise<Standing>;
  readReadiness(): Promise<Readiness>;
  /** Ties an unpinned database to one instance of the provider; a pinned one stays as it is. */
  pinInstance(providerInstance: string): Promise<void>;
}

/** The database cannot be reached, or broke off: nothing is known to have been written. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The database understood and refused: this content, or, where its schema does not fit, anything. */
export class StoreRejected extends Error {
  override readonly name = 'StoreRejected';
  readonly about: 'content' | 'schema';

  constructor(message: string, about: 'content' | 'schema', options?: ErrorOptions) {
    super(message, options);
    this.about = about;
  }
}
