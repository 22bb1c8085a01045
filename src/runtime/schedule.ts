/** Hours between two reconciliations, unless told. */
const UNLESS_TOLD = '24';
const HOUR_MS = 3_600_000;
/** A month: past it nobody could call the two in step. */
const LONGEST_HOURS = 744;

export const SCHEDULE_PROBLEM = `ROLECALL_RECONCILE_EVERY must be hours, 0.001 to ${LONGEST_HOURS}, or 0 or off for never`;

/** How often everything is compared with Clerk, null for never by itself; a word that says nothing of it is a problem. */
export function readSchedule(text: string): number | null | 'unreadable' {
  const hours = text || UNLESS_TOLD;
  if (hours === 'off') return null;
  const every = /^\d{1,3}(\.\d{1,3})?$/.test(hours) ? Number(hours) : Number.NaN;
  if (every === 0) return null;
  return every <= LONGEST_HOURS ? every * HOUR_MS : 'unreadable';
}
