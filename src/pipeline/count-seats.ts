import type { OrganizationId } from '../domain/ids.ts';
import { type Seats, seatsOf } from '../policy/seats.ts';
import type { ListingStore } from './ports.ts';

export interface CountedSeats extends Omit<Seats, 'paidByRole'> {
  readonly revision: number;
  readonly byRole: Readonly<Record<string, { readonly members: number; readonly paid: number }>>;
}

/** The seats of one organization under the active policy. Where none speaks of seats, every member is a paid one. */
export async function countSeats(
  listing: Pick<ListingStore, 'countSeats'>,
  organizationId: OrganizationId,
): Promise<CountedSeats> {
  const { revision, roles, rules } = await listing.countSeats(organizationId);
  const sorted = roles.toSorted((a, b) => (a.role < b.role ? -1 : 1));
  const counts = Object.fromEntries(sorted.map(({ role, members }) => [role, members]));
  const { paidByRole, ...seats } = seatsOf({ seats: rules ?? {} }, counts);
  const byRole = sorted.map(({ role, members }) => [role, { members, paid: paidByRole[role] ?? 0 }] as const);
  return { revision, ...seats, byRole: Object.fromEntries(byRole) };
}
