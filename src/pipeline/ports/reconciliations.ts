import type { OrganizationId } from '../../domain/ids.ts';
import type { Commit, Committed } from './commit.ts';
import type { Budget } from './effects.ts';
import type { AbsencesDecision } from './holds.ts';

/** Who wanted it: an operator, an operator of an empty database, or Rolecall itself and why. */
export type ReconciliationCause = 'operator' | 'import' | 'schedule' | 'outage' | 'restore' | 'poll';

export interface ReconciliationRequest {
  /** Null for all organizations. */
  readonly organizationId: OrganizationId | null;
  /** Nothing is changed: only what differs is told. */
  readonly dryRun: boolean;
  readonly cause: Exclude<ReconciliationCause, 'import'>;
  readonly by: string;
  readonly reason: string;
}

/** The provider's lists, in the order in which they are read; then what becomes of those who were on none. */
export const LISTS = ['roles', 'organizations', 'users', 'memberships'] as const;
export type List = (typeof LISTS)[number];
export type Stage = List | 'absences' | 'judgement' | 'questions';

/** A page of a reconciliation, for whoever carries it out until the lease ends. */
export interface LeasedReconciliation {
  readonly id: number;
  readonly token: string;
  readonly cause: ReconciliationCause;
  readonly organizationId: OrganizationId | null;
  readonly dryRun: boolean;
  readonly stage: Stage;
  /** How many of the list were compared before. */
  readonly position: number;
  /** How often this page was begun, this time included. */
  readonly attempts: number;
}

export type DriftKind =
  | 'missing'
  | 'extra'
  | 'wrong_role'
  | 'stale_metadata'
  | 'wrong_suspension'
  | 'wrong_definition'
  | 'stale_organization'
  | 'contradicted';

export type DriftOutcome = 'found' | 'repaired' | 'asked' | 'held' | 'rejected';

/** One thing that is not as the provider says. */
export interface Drift {
  readonly kind: DriftKind;
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** The provider's id of what differs. */
  readonly subject: string;
  readonly ours: object | null;
  readonly theirs: object | null;
}

/** What of a page differed, and where the next one begins. */
export interface ReconciledPage {
  /** Memberships that the provider lists, whether they differ or not. */
  readonly listed: readonly string[];
  readonly drift: readonly (Drift & { readonly outcome: DriftOutcome })[];
  /** Null before the page has ended. `listed`: of the list so far. */
  readonly next: { readonly stage: Stage; readonly listed: number; readonly total: number | null } | null;
}

/** Why a page could not be had. */
export interface PutOff {
  readonly problem: string;
  /** Null: the reconciliation has failed. */
  readonly retryInMs: number | null;
  /** Nobody calls the provider for so long. */
  readonly pauseMs: number | null;
}

export interface Reconciliation {
  readonly id: number;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  readonly cause: ReconciliationCause;
  readonly organization: string | null;
  readonly dryRun: boolean;
  readonly stage: string;
  readonly compared: number;
  readonly total: number | null;
  readonly drift: Readonly<Record<string, number>>;
  /** The hold in which absences wait for an operator, or waited. */
  readonly held: number | null;
  readonly problem: string | null;
  readonly by: string;
  readonly reason: string;
  readonly askedAt: string;
  readonly endedAt: string | null;
  readonly cancelledBy: string | null;
}

export interface FoundDrift {
  readonly position: number;
  readonly kind: string;
  readonly organization: string | null;
  readonly user: string | null;
  readonly subject: string;
  readonly ours: unknown;
  readonly theirs: unknown;
  readonly outcome: DriftOutcome;
}

type Lease = Pick<LeasedReconciliation, 'id' | 'token'>;

/** The store's side of reconciliations. `stopped`: cancelled, or carried out by somebody else; nothing was written. */
export interface ReconciliationStore {
  /** `joined`: one of the same scope runs already, and this is that one. */
  startReconciliation(
    request: ReconciliationRequest,
  ): Promise<{ readonly id: number; readonly joined: boolean }>;
  /**
   * Says that somebody is at work, and starts one of all organizations where it is time: nobody was at work for long,
   * or `everyMs` have gone by since the last one. Null when it is not.
   */
  scheduleReconciliation(everyMs: number | null): Promise<{ readonly id: number } | null>;
  /** The next page of this one, or of any, with the provider's calls that it takes; null when there is none, or none yet. */
  leaseReconciliation(
    id: number | null,
    request: Budget & { readonly leaseMs: number; readonly now: number },
  ): Promise<LeasedReconciliation | null>;
  /** The decision, null for none, with what differed, whole or not at all. */
  commitReconciled(
    lease: Lease,
    commit: Commit | null,
    page: ReconciledPage,
  ): Promise<Committed | 'moved' | 'stopped'>;
  putOff(lease: Lease, why: PutOff): Promise<void>;
  /** Writes down who of the next of our own members was not listed. */
  findAbsences(lease: Lease, most: number): Promise<'taken' | 'stopped'>;
  /** Who may be asked about, and who waits for an operator. */
  judgeAbsences(
    lease: Lease,
    tolerated: { readonly few: number; readonly share: number },
  ): Promise<{ readonly asked: number; readonly held: number; readonly hold: number | null } | 'stopped'>;
  /** Owes a lookup for the next of those who may be asked about. */
  askAboutAbsent(lease: Lease, most: number): Promise<'taken' | 'stopped'>;
  /** What an operator says to a hold; false when it does not wait any more. */
  decideAbsences(id: number, decision: AbsencesDecision): Promise<boolean>;
  /** Carries out a part of what operators said; false when there is nothing left. */
  settleAbsences(most: number): Promise<boolean>;
  /** False when it does not run. */
  cancelReconciliation(id: number, by: string): Promise<boolean>;
  readReconciliation(id: number): Promise<Reconciliation | null>;
  /** The latest first, before the one with this id. */
  readReconciliations(before: number | null, limit: number): Promise<readonly Reconciliation[]>;
  readDrift(id: number, after: number, limit: number): Promise<readonly FoundDrift[]>;
}
