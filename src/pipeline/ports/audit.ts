import type { OrganizationId, UserId } from '../../domain/ids.ts';
import type { EffectEntry, InboxEntry, RecordedChange } from './inbox.ts';
import type { ListedMember } from './listing.ts';

/** What can have caused an entry. `approval`: of a hold, by an operator; `operator`: something done by hand. */
export const AUDIT_CAUSES = [
  'delivery',
  'retry',
  'replay',
  'lookup',
  'reconciliation',
  'policy',
  'approval',
  'operator',
] as const;

export type AuditCauseType = (typeof AUDIT_CAUSES)[number];

/** Which entries of the audit trail; null leaves one open. */
export interface AuditFilter {
  readonly organizationId: string | null;
  readonly userId: string | null;
  /** A kind of change, or an operator's action. */
  readonly kind: string | null;
  readonly cause: AuditCauseType | null;
  /** Recorded then or later, and before; milliseconds of our clock. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A place in the trail: microseconds of our clock, and the number of the change or of the action. */
export interface AuditPosition {
  readonly at: number;
  readonly isAction: boolean;
  readonly number: number;
}

/** Why something changed. What is not known of it, or does not apply, is left out. */
export interface AuditCause {
  readonly type: string;
  readonly delivery?: string | undefined;
  readonly replay?: number | undefined;
  readonly reconciliation?: number | undefined;
  /** The version. */
  readonly policy?: number | undefined;
  readonly hold?: number | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** One line of the audit trail: a change of what somebody holds, or something an operator did. Times are ISO 8601. */
export interface AuditEntry extends Omit<RecordedChange, 'revision' | 'cause'> {
  /** Of a change. */
  readonly revision: number | null;
  /** Of an operator's action. */
  readonly action: number | null;
  /** What the action was done to. */
  readonly subject: string | null;
  readonly cause: AuditCause;
}

export interface ReviewPosition {
  readonly guest: boolean;
  readonly since: number;
  readonly userId: UserId;
}

export interface ReviewPage {
  /** Of the organization; null where it was never told. */
  readonly name: string | null;
  /** Guests first, and of each whoever has been there longest. */
  readonly members: readonly (ListedMember & { readonly guest: boolean })[];
  /** Null on the last page only: a page may hold fewer than its limit. */
  readonly next: ReviewPosition | null;
}

export interface OrganizationPosition {
  /** The page ended among those that are found by their name. */
  readonly byName: boolean;
  readonly id: string;
}

export interface ListedOrganization {
  readonly organizationId: string;
  readonly name: string | null;
  /** As far as they were counted. */
  readonly members: number;
  /** There are more of them to count. */
  readonly more: boolean;
}

/** What the present facts about one member came from. */
export interface Provenance {
  /** Of the pair, the user, the organization and the roles asked for; the latest first. */
  readonly changes: readonly AuditEntry[];
  /** About the pair and the user; the latest first. `sentAt` is the envelope's time, milliseconds. */
  readonly deliveries: readonly (InboxEntry & { readonly sentAt: number | null })[];
  /** Owed or given up. */
  readonly effects: readonly EffectEntry[];
  /** Tokens from before it may carry a role that was left and granted more; milliseconds. */
  readonly leftCutoff: number | null;
  /** Holds that wait with the absence of this member among them. */
  readonly holds: readonly { readonly id: number; readonly at: string }[];
}

/** The store's side of who had what, since when and why. */
export interface AuditStore {
  listAudit(wanted: {
    readonly filter: AuditFilter;
    readonly newestFirst: boolean;
    readonly after: AuditPosition | null;
    readonly limit: number;
  }): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: AuditPosition | null }>;
  listForReview(wanted: {
    readonly organizationId: OrganizationId;
    readonly guestRoles: readonly string[];
    readonly after: ReviewPosition | null;
    readonly limit: number;
  }): Promise<ReviewPage>;
  /** @param wanted.query the beginning of an id or of a name; empty for all. */
  listOrganizations(wanted: {
    readonly query: string;
    readonly after: OrganizationPosition | null;
    readonly limit: number;
  }): Promise<{
    readonly organizations: readonly ListedOrganization[];
    readonly next: OrganizationPosition | null;
  }>;
  readProvenance(wanted: {
    readonly organizationId: OrganizationId;
    readonly userId: UserId;
    readonly roles: readonly string[];
  }): Promise<Provenance>;
}
