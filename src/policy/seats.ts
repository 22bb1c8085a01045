import type { ResolvedPolicy } from './resolved-policy.ts';

export interface Seats {
  /** One a member. */
  readonly total: number;
  readonly free: number;
  readonly paid: number;
  /** Of each role that has members, how many of them are paid. */
  readonly paidByRole: Readonly<Record<string, number>>;
}

/** The seats of one organization, from how many members hold each organization role. */
export function seatsOf(
  { seats }: Pick<ResolvedPolicy, 'seats'>,
  roleCounts: Readonly<Record<string, number>>,
): Seats {
  const counts = Object.entries(roleCounts).filter(([, count]) => count > 0);
  const total = sum(counts.map(([, count]) => count));
  const paidByRole = counts.map(([role, count]) => {
    const rule = seats.free?.find((free) => free.role === role && total >= (free.fromSeats ?? 0));
    return [role, rule === undefined ? count : Math.max(0, count - (rule.upTo ?? count))] as const;
  });
  const paid = sum(paidByRole.map(([, count]) => count));
  return { total, free: total - paid, paid, paidByRole: Object.fromEntries(paidByRole) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
