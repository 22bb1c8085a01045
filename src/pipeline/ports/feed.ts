import type { ChangeDetails, CutoffOf } from '../../domain/changes.ts';
import type { Grant } from '../../domain/grant.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';
import type { RefusedDelivery } from './delivery.ts';

/** One change, as those who follow are told it. */
export interface FeedChange {
  readonly revision: number;
  readonly kind: string;
  readonly organizationId: OrganizationId | null;
  readonly userId: UserId | null;
  readonly agentId: string | null;
  readonly role: string | null;
  readonly permissions: readonly Grant[];
  readonly details: ChangeDetails;
  readonly cutoff: { readonly of: CutoffOf; readonly id: string; readonly at: number } | null;
  /** Provider's milliseconds of the cause. */
  readonly at: number;
  readonly deliveryId: string | null;
  /** Whether the member that it is about is suspended. */
  readonly suspended: boolean;
  /** Of a change of a user: those of the organizations asked for to which the user belongs. */
  readonly belongsTo: readonly string[];
}

export interface ChangesWanted {
  /** Null for none that is there already. */
  readonly after: number | null;
  /** Null for whichever it is. */
  readonly epoch: string | null;
  readonly limit: number;
  /** Whose users' changes matter to somebody. */
  readonly organizations: readonly string[];
}

export interface ChangesRead {
  readonly epoch: string;
  /** The revision of the latest change. */
  readonly head: number;
  /** In order, without a gap. Null where they cannot be given from there: pruned, of another epoch, of the future. */
  readonly changes: readonly FeedChange[] | null;
}

export interface SnapshotWanted {
  /** Null for all. */
  readonly organizationId: string | null;
  /** Our clock, milliseconds. */
  readonly at: number;
  /** From when on cutoffs of those who hold nothing any more still matter. */
  readonly since: number;
}

/** Some lines of a snapshot, all of one revision, each with its end. */
export interface SnapshotLines {
  readonly revision: number;
  readonly text: string;
  /** How many of them are members. */
  readonly members: number;
}

/** A session token that was proved authentic. */
export interface PresentedSession {
  readonly userId: UserId;
  readonly sessionId: string;
  /** The organization that is active in it. */
  readonly organizationId: OrganizationId | null;
  /** Milliseconds, of whole seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface SessionStanding {
  /** The latest that concerns the token, milliseconds. */
  readonly cutoff: number | null;
  readonly ended: boolean;
  /** It is a session of somebody else. */
  readonly foreign: boolean;
}

/** The store's side of what those read who keep a copy. */
export interface FeedStore {
  readChanges(wanted: ChangesWanted): Promise<ChangesRead>;
  /** Everything at one moment, some lines at a time. Holds a connection until it is read or returned. */
  readSnapshot(wanted: SnapshotWanted): AsyncGenerator<SnapshotLines, void, undefined>;
  readSession(presented: PresentedSession): Promise<SessionStanding>;
}

/** Proves who shows a session token of the provider's. */
export interface SessionTokens {
  /** The origins of the apps whose tokens are taken. */
  readonly origins: readonly string[];
  verify(token: string, now: number): Promise<PresentedSession | RefusedDelivery>;
}
