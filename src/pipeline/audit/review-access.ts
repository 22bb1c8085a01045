import type { OrganizationId } from '../../domain/ids.ts';
import type {
  AuditStore,
  Clock,
  InvitationPosition,
  ListedInvitation,
  ListedMember,
  ListingStore,
  ReviewPosition,
  Store,
} from '../ports.ts';
import { namedRoles } from './guest-roles.ts';
import { heldPermissions } from './held-permissions.ts';

export interface Reviewer {
  readonly audit: Pick<AuditStore, 'listForReview'>;
  readonly listing: Pick<ListingStore, 'readRoles' | 'listInvitations'>;
  readonly store: Pick<Store, 'readStanding'>;
  readonly clock: Clock;
}

export interface ReviewedMember extends ListedMember {
  /** Null for a role that nobody has named. */
  readonly roleTitle: string | null;
  readonly guest: boolean;
  readonly permissions: readonly string[];
}

/** Where a page of a review ended: among the members, or among the invitations behind them. */
export type ReviewPlace =
  | { readonly of: 'members'; readonly position: ReviewPosition }
  | { readonly of: 'invitations'; readonly position: InvitationPosition };

export interface AccessReview {
  /** Of the organization; null where it was never told, and on pages of invitations alone. */
  readonly name: string | null;
  readonly members: readonly ReviewedMember[];
  readonly invitations: readonly ListedInvitation[];
  readonly next: ReviewPlace | null;
}

/**
 * Who has access to one organization, a page of it: guests first, whoever has been there longest first, and behind the
 * members the invitations that can still be accepted.
 */
export async function reviewAccess(
  reviewer: Reviewer,
  wanted: {
    readonly organizationId: OrganizationId;
    readonly after: ReviewPlace | null;
    readonly limit: number;
  },
): Promise<AccessReview> {
  const { organizationId, after, limit } = wanted;
  const members =
    after?.of === 'invitations'
      ? { name: null, members: [], next: null }
      : await reviewMembers(reviewer, organizationId, after?.position ?? null, limit);
  if (members.next !== null) {
    return { ...members, invitations: [], next: { of: 'members', position: members.next } };
  }
  const { invitations, next } = await reviewer.listing.listInvitations({
    organizationId,
    status: 'pending',
    inviter: null,
    now: reviewer.clock.now(),
    after: after?.of === 'invitations' ? after.position : null,
    limit,
  });
  return { ...members, invitations, next: next === null ? null : { of: 'invitations', position: next } };
}

async function reviewMembers(
  { audit, listing, store }: Reviewer,
  organizationId: OrganizationId,
  after: ReviewPosition | null,
  limit: number,
) {
  const roles = namedRoles(await listing.readRoles());
  const guestRoles = [...roles].filter(([, { guest }]) => guest).map(([key]) => key);
  const page = await audit.listForReview({ organizationId, guestRoles, after, limit });
  const held = await heldPermissions(
    store,
    organizationId,
    page.members.map(({ userId }) => userId),
  );
  const members = page.members.map(
    (member): ReviewedMember => ({
      ...member,
      roleTitle: roles.get(member.role)?.title ?? null,
      permissions: held.get(member.userId) ?? [],
    }),
  );
  return { ...page, members };
}

/** The whole review, a page in memory at a time. */
export async function* wholeReview(
  reviewer: Reviewer,
  organizationId: OrganizationId,
): AsyncGenerator<AccessReview, void, undefined> {
  let after: ReviewPlace | null = null;
  do {
    const page: AccessReview = await reviewAccess(reviewer, { organizationId, after, limit: 500 });
    yield page;
    after = page.next;
  } while (after !== null);
}
