import type { Change, ChangeDetails, CutoffOf } from '../domain/changes.ts';
import type { CompiledPolicy } from '../domain/compiled-policy.ts';
import type { Verdict } from '../domain/decide/context.ts';
import type { Decided } from '../domain/decide/decide.ts';
import type { Draft } from '../domain/draft.ts';
import type { Lane, OwedEffect } from '../domain/effects.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Facts, InvitationStatus } from '../domain/facts.ts';
import type { Grant, Scope } from '../domain/grant.ts';
import type { OrganizationId, UserId } from '../domain/ids.ts';
import type { ProvidedRole } from '../policy/effective-roles.ts';
import type { ResolvedPolicy } from '../policy/resolved-policy.ts';

/** A message that was proved authentic, with what it says. */
export interface Delivery {
  /** The sender's message id, the same for every retry. */
  readonly id: string;
  readonly source: 'webhook' | 'queue';
  /** Our clock, milliseconds. */
  readonly receivedAt: number;
  readonly body: Uint8Array;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly type: string | null;
  /** The envelope's timestamp, milliseconds of the provider's clock. */
  readonly at: number | null;
  readonly instanceId: string | null;
  /** Whom it is about, for those who search the inbox. */
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly content: Content;
}

/** `unknown` types are kept by name and hash only (rule 9); `malformed` known types are kept whole, as failed. */
export type Content =
  | { readonly kind: 'evidence'; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'malformed';
      readonly problem: string;
      /** What to ask the provider about those it names. */
      readonly questions: readonly OwedEffect[];
    };

export interface RefusedDelivery {
  readonly refused: string;
}

/** The provider's side of the way in. Refusals carry a reason for the log; the wire never tells it. */
export interface Webhooks {
  /** Checks what can be checked before a body is read. */
  precheck(headers: Headers, now: number): RefusedDelivery | null;
  authenticate(
    message: { readonly headers: Headers; readonly body: Uint8Array },
    received: { readonly source: Delivery['source']; readonly at: number },
  ): Delivery | RefusedDelivery;
  /** Reads once more what was proved when it was taken into the inbox. What was not then is not believed now. */
  reread(
    kept: Pick<KeptDelivery, 'id' | 'source' | 'receivedAt' | 'sha256'> & { readonly body: Uint8Array },
  ): Delivery | RefusedDelivery;
  /** What was acknowledged but cannot be proved any more: to be stored as failed, and believed in nothing. */
  keepUnbelieved(body: Uint8Array, receivedAt: number): Delivery;
}

/** Which rows a decision needs. */
export interface FactKeys {
  readonly deliveries: readonly string[];
  readonly memberships: readonly string[];
  readonly pairs: readonly (readonly [OrganizationId, UserId])[];
  readonly users: readonly string[];
  readonly organizations: readonly string[];
  readonly sessions: readonly string[];
  readonly invitations: readonly string[];
  readonly roleKeys: readonly string[];
  readonly catalog: boolean;
}

/** Rows as they were read, and the store's own note of which state that was. */
export interface Reading {
  readonly facts: Facts;
  readonly basis: Basis;
  readonly providerInstance: string | null;
  /** Hashes of the asked-for deliveries that are held already, by id. */
  readonly deliveries: ReadonlyMap<string, string>;
}

export interface Basis {
  readonly catalogVersion: number;
  readonly rowVersions: ReadonlyMap<string, number>;
}

export interface Commit {
  readonly basis: Basis;
  readonly draft: Draft;
  readonly deliveries: readonly StoredDelivery[];
  /** The provider's instance to pin this database to; null where it is pinned already or not known. */
  readonly pin: string | null;
  /** A policy to activate with what it makes of the rows; null nearly always. */
  readonly policy: PolicyActivation | null;
  readonly changes: readonly CausedChange[];
  readonly effects: readonly CausedEffect[];
  /** Revocations are noted, not owed. */
  readonly observe: boolean;
}

export interface PolicyActivation {
  /** The version that has to be active still: the new one is the next. 0 stands for none. */
  readonly expected: number;
  readonly name: string;
  readonly document: ResolvedPolicy;
  readonly compiled: CompiledPolicy;
  /** SHA-256 of the document, hexadecimal. */
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  /** The hold that is approved by this activation. */
  readonly approving: number | null;
}

/** How many members hold some roles, and how many of them would lose by a policy. */
export interface Holders {
  readonly byRole: Readonly<Record<string, number>>;
  readonly members: number;
  readonly losing: number;
  /** Those with members who would lose: the 50 that are hit hardest. */
  readonly organizations: readonly {
    readonly organization: string;
    readonly members: number;
    readonly losing: number;
  }[];
  readonly sample: readonly { readonly organization: string; readonly user: string; readonly role: string }[];
}

/** One activation. */
export interface PolicyRecord {
  readonly version: number;
  readonly name: string;
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Something that was inferred and would take access from too many: it waits for an operator. */
export interface Hold {
  readonly id: number;
  readonly kind: 'policy';
  readonly status: 'waiting' | 'approved' | 'rejected';
  /** What it would change, as it was previewed. */
  readonly difference: unknown;
  readonly payload: { readonly policy: ResolvedPolicy; readonly digest: string; readonly expected: number };
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly decidedBy: string | null;
}

/** The store's side of policies: what is active, what was, and what waits. */
export interface PolicyStore {
  readActivePolicy(): Promise<(PolicyRecord & { readonly document: ResolvedPolicy }) | null>;
  readPolicy(version: number): Promise<(PolicyRecord & { readonly document: ResolvedPolicy }) | null>;
  /** The latest first. */
  readPolicies(): Promise<readonly PolicyRecord[]>;
  /** @param tolerated how many, or which share of its members, an organization may lose before it is hit hard. */
  countHolders(
    roles: readonly string[],
    losing: readonly string[],
    tolerated: { readonly few: number; readonly share: number },
  ): Promise<Holders>;
  /** The hold's id; of the one that waits already when the same was raised before. */
  raiseHold(
    hold: Pick<Hold, 'kind' | 'payload' | 'by' | 'reason'> & { readonly difference: object },
  ): Promise<number>;
  readHolds(status: Hold['status']): Promise<readonly Hold[]>;
  readHold(id: number): Promise<Hold | null>;
  /** False when it does not wait any more. */
  rejectHold(id: number, by: string): Promise<boolean>;
}

/** Which deliveries of the inbox; null leaves one open. */
export interface DeliveryFilter {
  /** An outcome, or `dead`: failed, and not tried again by itself. */
  readonly status: DeliveryStatus | null;
  readonly type: string | null;
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** Received then or later, and before; milliseconds of our clock. */
  readonly from: number | null;
  readonly to: number | null;
}

export const DELIVERY_STATUSES = ['applied', 'stale', 'ignored', 'held', 'failed', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** A place in the inbox: when it was received, in microseconds, and the id, since many are received at once. */
export interface InboxPosition {
  readonly receivedAt: number;
  readonly id: string;
}

/** A delivery as operators see it in a list. Times are ISO 8601. */
export interface InboxEntry {
  readonly id: string;
  readonly source: string;
  readonly type: string | null;
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly outcome: string;
  readonly reason: string;
  /** How often it was decided on. */
  readonly attempts: number;
  readonly dead: boolean;
  readonly receivedAt: string;
  readonly committedAt: string;
  /** When it is tried again by itself. */
  readonly retryAt: string | null;
  readonly kept: boolean;
}

/** One of them, with all that came of it. */
export interface InboxRecord extends InboxEntry {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** The envelope's timestamp. */
  readonly sentAt: string | null;
  /** Null where it was never kept or has been pruned. */
  readonly body: Uint8Array | null;
  /** When the first token was refused because of it. */
  readonly refusedAt: string | null;
  readonly receivedToCommittedMs: number;
  readonly receivedToRefusedMs: number | null;
  readonly history: readonly DeliveryAttempt[];
  readonly changes: readonly RecordedChange[];
  readonly effects: readonly EffectEntry[];
}

export interface DeliveryAttempt {
  readonly attempt: number;
  readonly cause: string;
  readonly replay: number | null;
  readonly outcome: string;
  readonly reason: string;
  readonly at: string;
}

export interface RecordedChange {
  readonly revision: number;
  readonly kind: string;
  readonly organizationId: string | null;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly role: string | null;
  readonly permissions: readonly string[];
  readonly cutoff: { readonly of: string; readonly id: string; readonly at: string } | null;
  readonly cause: string;
  readonly at: string;
  readonly recordedAt: string;
}

export const EFFECT_STATUSES = ['owed', 'done', 'dead', 'observed'] as const;
export type EffectStatus = (typeof EFFECT_STATUSES)[number];

/** Something owed to the outside, as operators see it. */
export interface EffectEntry {
  readonly id: number;
  readonly kind: string;
  readonly lane: Lane;
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** Sessions created at or before it are revoked. */
  readonly cutoff: string | null;
  readonly status: EffectStatus;
  readonly attempts: number;
  /** How the last attempt failed. */
  readonly lastError: string | null;
  readonly deliveryId: string | null;
  readonly owedAt: string;
  readonly dueAt: string;
  readonly settledAt: string | null;
}

/** `joined`: the same is owed already, and is done once. Whatever is not owed or dead has nothing to retry. */
export type EffectRetried = 'owed' | 'joined' | 'done' | 'observed';

/** The store's side of what operators look at and repair. */
export interface OperatorStore {
  /** The latest first. `next` is where the page ended; null on the last one. */
  listDeliveries(
    filter: DeliveryFilter,
    before: InboxPosition | null,
    limit: number,
  ): Promise<{ readonly deliveries: readonly InboxEntry[]; readonly next: InboxPosition | null }>;
  readDelivery(id: string): Promise<InboxRecord | null>;
  listEffects(
    status: EffectStatus | null,
    before: number | null,
    limit: number,
  ): Promise<{ readonly effects: readonly EffectEntry[]; readonly next: number | null }>;
  /** Has it tried again now, from its first attempt. Null when there is no such effect. */
  retryEffect(id: number, by: string): Promise<EffectRetried | null>;
}

/** A row of the inbox as it is decided on once more. */
export interface KeptDelivery {
  readonly id: string;
  /** False: there is no such delivery. */
  readonly known: boolean;
  readonly source: Delivery['source'] | null;
  /** Microseconds. */
  readonly receivedAt: number | null;
  /** Lower-case hexadecimal. */
  readonly sha256: string | null;
  /** How often it was decided on, or was begun to be. */
  readonly attempts: number | null;
  /** Null where it was never kept or has been pruned. */
  readonly body: Uint8Array | null;
}

export type ReplaySelection = { readonly ids: readonly string[] } | { readonly filter: DeliveryFilter };

export interface ReplayRequest {
  readonly selection: ReplaySelection;
  /** Nothing is changed: only what would be is told. */
  readonly dryRun: boolean;
  readonly by: string;
  readonly reason: string;
}

/** A page of a replay, for whoever carries it out until the lease ends. */
export interface LeasedReplay {
  readonly id: number;
  readonly token: string;
  readonly dryRun: boolean;
  /** How often this page was begun, this time included. */
  readonly begun: number;
  readonly deliveries: readonly KeptDelivery[];
}

/** Who gains and loses what. A role's or an organization's reaches all who are in it: `user` is null. */
export interface Difference {
  readonly organization: string | null;
  readonly user: string | null;
  readonly agent: string | null;
  readonly role: string | null;
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** What became of a delivery that was decided on once more. */
export interface RepeatedResult {
  readonly delivery: string;
  readonly outcome: Verdict['outcome'] | 'no_payload' | 'not_found';
  readonly reason: string;
  readonly differences: readonly Difference[];
  readonly owed: number;
  /** Whether it was decided on at all. */
  readonly attempted: boolean;
  /** When it is tried again by itself, if it is. */
  readonly retryInMs: number | null;
  /** Failed, and left to an operator. */
  readonly dead: boolean;
}

export interface RepeatedRecord {
  /** Null where nobody asked for it: a retry. */
  readonly replay: { readonly id: number; readonly token: string } | null;
  readonly results: readonly RepeatedResult[];
  /** The last of them, for replays of a filter. */
  readonly after: InboxPosition | null;
}

export interface Replay {
  readonly id: number;
  readonly status: 'running' | 'done' | 'cancelled';
  readonly dryRun: boolean;
  /** Null where there are too many to count. */
  readonly total: number | null;
  readonly done: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly by: string;
  readonly reason: string;
  readonly askedAt: string;
  readonly endedAt: string | null;
  readonly cancelledBy: string | null;
}

export interface ReplayedDelivery
  extends Pick<RepeatedResult, 'delivery' | 'reason' | 'differences' | 'owed'> {
  readonly position: number;
  readonly outcome: string;
}

/** The store's side of deciding once more. */
export interface ReplayStore {
  /** `joined`: the same one runs already, and this is that one. */
  startReplay(request: ReplayRequest): Promise<{ readonly id: number; readonly joined: boolean }>;
  /** A page of the replay with this id, or of any; `ended`: it has no more. Null when there is nothing to carry out. */
  leaseReplay(
    id: number | null,
    most: number,
    leaseMs: number,
  ): Promise<LeasedReplay | { readonly id: number; readonly ended: true } | null>;
  releaseReplay(lease: Pick<LeasedReplay, 'id' | 'token'>): Promise<void>;
  /** Failed deliveries that are due to be tried again. Their attempts are counted now. */
  leaseRetries(most: number, leaseMs: number): Promise<readonly KeptDelivery[]>;
  /**
   * The decision, null for none, with what became of each, whole or not at all. `stopped`: the replay was cancelled, or
   * somebody else carries it out; nothing was written.
   */
  commitRepeated(commit: Commit | null, record: RepeatedRecord): Promise<Committed | 'moved' | 'stopped'>;
  /** False when it does not run. */
  cancelReplay(id: number, by: string): Promise<boolean>;
  readReplay(id: number): Promise<Replay | null>;
  /** The latest first, before the one with this id. */
  readReplays(before: number | null, limit: number): Promise<readonly Replay[]>;
  readReplayed(id: number, after: number, limit: number): Promise<readonly ReplayedDelivery[]>;
  /** What these users, and the members of these organizations, hold in organizations now; some of them if they are many. */
  readAccessOf(
    users: readonly string[],
    organizations: readonly string[],
  ): Promise<
    readonly {
      readonly organizationId: string;
      readonly userId: string;
      readonly permissions: readonly string[];
    }[]
  >;
}

export interface StoredDelivery {
  readonly delivery: Delivery;
  readonly outcome: Decided['verdict']['outcome'];
  readonly reason: string;
  readonly keepBody: boolean;
  readonly waitedMs: number;
}

export interface CausedChange {
  readonly change: Change;
  readonly delivery: string | null;
  /** What made it happen, in words that `changes.cause` keeps: `delivery`, or the kind of lookup that answered. */
  readonly cause: string;
}

export interface CausedEffect {
  readonly effect: OwedEffect;
  readonly delivery: string | null;
}

export interface Committed {
  /** The last revision of this commit; null when it carried no change. */
  readonly revision: number | null;
  readonly owed: number;
}

export interface LeasedEffect {
  readonly id: number;
  readonly effect: OwedEffect;
  readonly attempts: number;
  readonly generation: number;
  /** How far the attempts before have come. */
  readonly progress: number;
  readonly leaseToken: string;
  readonly deliveryId: string | null;
  /** Calls of the provider that the shared budget has granted for this attempt. */
  readonly calls: number;
}

/** How an attempt ended. `paused` did not fail: it waits for the provider's rate limit, or has more to do. */
export type AttemptResult =
  | { readonly result: 'done' }
  | { readonly result: 'dead'; readonly error: string }
  | { readonly result: 'retry'; readonly error: string; readonly retryInMs: number }
  | {
      readonly result: 'paused';
      readonly error: string;
      readonly retryInMs: number;
      /** Nobody calls the provider for so long. */
      readonly pauseMs: number | null;
      /** Where the next attempt goes on. */
      readonly progress?: number;
    };

/** `again`: more was owed while this ran. `lost_lease`: somebody else has it now, nothing was written. */
export type Settled = 'done' | 'dead' | 'retry' | 'again' | 'lost_lease';

export interface Budget {
  readonly callsPerSecond: number;
  readonly burst: number;
}

/** About whom a reader asks, in one statement. */
export interface StandingKeys {
  readonly members: readonly (readonly [OrganizationId, UserId])[];
  readonly agents: readonly (readonly [OrganizationId, string])[];
  readonly sessions: readonly string[];
}

/** What holds now, all of one moment. Whoever is not in it is not a member, not an agent, not a known session. */
export interface Standing {
  /** The latest change that this answer contains. */
  readonly revision: number;
  /** Types of the resources that carry roles of their own, without `organization`. */
  readonly scopes: readonly string[];
  /** By `pairKey`. */
  readonly members: ReadonlyMap<string, MemberStanding>;
  /** By organization and agent, as in `pairKey`. */
  readonly agents: ReadonlyMap<string, AgentStanding>;
  readonly sessions: ReadonlyMap<string, { readonly userId: UserId; readonly ended: boolean }>;
}

/** A pair that was ever heard of. */
export interface MemberStanding {
  readonly member: boolean;
  /** Null for whoever is no member. */
  readonly role: string | null;
  readonly roles: readonly { readonly role: string; readonly scope: Scope | null }[];
  readonly suspended: boolean;
  readonly contested: boolean;
  readonly grants: readonly Grant[];
  /** Tokens issued at or before it are refused: the latest of member, user, role and organization. Provider's milliseconds. */
  readonly cutoff: number | null;
}

export interface AgentStanding {
  /** Permissions, `tool:<name>` each. */
  readonly permissions: readonly string[];
}

/** Where a page of candidates begins, and how many it may hold. */
export interface CandidatesWanted {
  /** The last one of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * The store's side of searches: who and what comes into question, in an order of its own. Whoever is allowed is among
 * them; whether somebody is, the decision says.
 */
export interface SearchStore {
  /** Users whose role grants it outright, there, and `named` ones, who may hold it for what is theirs. */
  findHolders(
    wanted: CandidatesWanted & {
      readonly organizationId: OrganizationId;
      readonly permission: string;
      readonly scope: Scope | null;
      readonly named: readonly string[];
    },
  ): Promise<readonly string[]>;
  findAgents(
    wanted: CandidatesWanted & { readonly organizationId: OrganizationId },
  ): Promise<readonly string[]>;
  /** Organizations that the user belongs to, or did once. */
  findOrganizations(wanted: CandidatesWanted & { readonly userId: UserId }): Promise<readonly string[]>;
  /** Resources of a type in which anybody has a role. */
  findResources(
    wanted: CandidatesWanted & { readonly organizationId: OrganizationId; readonly type: string },
  ): Promise<readonly string[]>;
}

/** Who belongs to one organization: all, those in a role, those with a role in one resource of it. */
export interface MembersWanted {
  readonly organizationId: OrganizationId;
  readonly role: string | null;
  readonly scope: Scope | null;
  /** The last one of the page before. */
  readonly after: UserId | null;
  readonly limit: number;
}

export interface MemberPage {
  readonly revision: number;
  readonly members: readonly ListedMember[];
  /** Null on the last page only: a page may hold fewer than its limit. */
  readonly next: UserId | null;
}

export interface ListedMember {
  readonly userId: UserId;
  readonly role: string;
  readonly roles: MemberStanding['roles'];
  /** When this incarnation began, milliseconds of the provider's clock. */
  readonly since: number | null;
  readonly suspended: boolean;
}

export interface InvitationsWanted {
  readonly organizationId: OrganizationId;
  /** `pending`: those that can be accepted still at `now`. */
  readonly status: 'pending' | 'all';
  readonly inviter: UserId | null;
  readonly now: number;
  readonly after: InvitationPosition | null;
  readonly limit: number;
}

export interface InvitationPosition {
  readonly createdAt: number;
  readonly id: string;
}

export interface InvitationPage {
  readonly revision: number;
  /** The newest first. */
  readonly invitations: readonly ListedInvitation[];
  readonly next: InvitationPosition | null;
}

export interface ListedInvitation extends InvitationPosition {
  /** Null once it has ended. */
  readonly email: string | null;
  readonly role: string;
  readonly scopes: readonly { readonly role: string; readonly scope: Scope }[];
  readonly inviterId: UserId | null;
  readonly inviterRole: string | null;
  readonly inviterIsMember: boolean;
  /** As `expired` also where only the clock has said so. */
  readonly status: InvitationStatus;
  readonly expiresAt: number | null;
  /** The active policy does not let its inviter invite into its role. */
  readonly mayNotInvite: boolean;
}

/** How many members hold which role, and what the active policy says of seats; null without one. */
export interface SeatCount {
  readonly revision: number;
  readonly roles: readonly { readonly role: string; readonly members: number }[];
  readonly rules: ResolvedPolicy['seats'] | null;
}

export interface RolesReading {
  readonly policy: { readonly version: number; readonly document: ResolvedPolicy } | null;
  readonly provided: readonly ProvidedRole[];
}

export interface AssignmentWanted {
  readonly organizationId: OrganizationId;
  readonly actor: UserId;
  readonly target: UserId | null;
  /** The resource in which roles are given; null for the organization itself. */
  readonly scope: Scope | null;
}

export interface AssignmentReading {
  readonly revision: number;
  readonly policy: ResolvedPolicy | null;
  readonly provided: readonly ProvidedRole[];
  /** Those of the two who are members. */
  readonly people: ReadonlyMap<string, RolesHeld>;
}

export interface RolesHeld {
  readonly suspended: boolean;
  readonly contested: boolean;
  /** The role that is believed, and newer ones that wait for the provider's word; null where one of them is none. */
  readonly held: readonly (string | null)[];
}

/** Something that does not hold although the policy says that it should, or that could not be read. */
export interface Finding {
  readonly kind: string;
  readonly userId: UserId | null;
  readonly role: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly foundAt: number | null;
}

/** The store's side of what apps list. */
export interface ListingStore {
  listMembers(wanted: MembersWanted): Promise<MemberPage>;
  listInvitations(wanted: InvitationsWanted): Promise<InvitationPage>;
  countPendingInvitations(
    wanted: Pick<InvitationsWanted, 'organizationId' | 'now'> & { readonly userId: UserId },
  ): Promise<number>;
  countSeats(organizationId: OrganizationId): Promise<SeatCount>;
  readRoles(): Promise<RolesReading>;
  readAssignment(wanted: AssignmentWanted): Promise<AssignmentReading>;
  /** @param wanted.everywhere also what belongs to no organization. */
  listFindings(wanted: {
    readonly organizationId: OrganizationId;
    readonly everywhere: boolean;
    readonly limit: number;
  }): Promise<readonly Finding[]>;
}

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

export interface Readiness {
  readonly schemaVersion: number;
  readonly providerInstance: string | null;
}

/** Every method throws `StoreUnavailable` when the database cannot be reached. */
export interface Store {
  read(keys: FactKeys): Promise<Reading>;
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

export interface ProviderSession {
  readonly id: string;
  readonly createdAt: number;
  /** Whether it may still be used. */
  readonly live: boolean;
}

export type ProviderFailure =
  | { readonly failure: 'rate_limited'; readonly retryAfterMs: number }
  | { readonly failure: 'timeout' | 'unreachable' | 'server_error' | 'unauthorized' | 'unexpected' };

export type ProviderAnswer<T> = { readonly answer: T } | ProviderFailure;

/** The provider's Backend API as far as it is used. Times out by itself; never throws; one call a method. */
export interface Provider {
  instance(): Promise<ProviderAnswer<string>>;
  member(organizationId: OrganizationId, userId: UserId): Promise<ProviderAnswer<readonly Evidence[]>>;
  user(userId: UserId): Promise<ProviderAnswer<readonly Evidence[]>>;
  organization(organizationId: OrganizationId): Promise<ProviderAnswer<readonly Evidence[]>>;
  roles(
    offset: number,
  ): Promise<ProviderAnswer<{ readonly evidence: readonly Evidence[]; readonly more: boolean }>>;
  sessions(
    userId: UserId,
    offset: number,
  ): Promise<ProviderAnswer<{ readonly sessions: readonly ProviderSession[]; readonly more: boolean }>>;
  revokeSession(sessionId: string): Promise<ProviderAnswer<'revoked' | 'gone'>>;
}

/** Where verified bytes go while the database cannot take them. False: it cannot take them either. */
export interface Spill {
  put(message: {
    readonly headers: Headers;
    readonly body: Uint8Array;
    readonly receivedAt: number;
  }): Promise<boolean>;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One line an event. Fields are names, codes, counts and ids: never a secret, a token or a payload. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** `observe`: decide, but revoke nothing. `paused`: take and decide, but call the provider for nothing. */
export const MODES = ['enforce', 'observe', 'paused'] as const;
export type Mode = (typeof MODES)[number];
