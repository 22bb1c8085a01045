import type { InvitationStatus } from '../../domain/facts.ts';
import type { Scope } from '../../domain/grant.ts';
import type { OrganizationId, UserId } from '../../domain/ids.ts';
import type { ProvidedRole } from '../../policy/effective-roles.ts';
import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import type { MemberStanding } from './standing.ts';

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
