/** When to try again what failed: doubling from a second to a quarter of an hour, for about eight hours in all. */
const FIRST_MS = 1_000;
const LONGEST_MS = 15 * 60_000;
export const MOST_ATTEMPTS = 40;

/**
 * @param attempts how many were made, the failed one included.
 * @param chance from 0 to 1: spreads retries over half of the delay, so that a crowd that failed together comes apart.
 * @returns milliseconds, or null when there is nothing left to try and an operator has to look.
 */
export function retryDelay(attempts: number, chance: number): number | null {
  if (attempts >= MOST_ATTEMPTS) return null;
  const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(delay * (0.5 + chance / 2));
}
