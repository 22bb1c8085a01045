/**
 * How many wrong tokens may be tried at once and in the long run. It is one bucket for everybody: who somebody is can be
 * forged, and whoever has the right token is never counted.
 */
const MOST_AT_ONCE = 40;
const ONE_MORE_EVERY_MS = 3_000;

/** Plain data, so that a worker may keep it between requests. */
export interface Throttle {
  left: number;
  filledAt: number;
}

export function throttle(): Throttle {
  return { left: MOST_AT_ONCE, filledAt: 0 };
}

/** Counts a wrong one. Seconds to wait when there were too many, else null. */
export function countWrong(bucket: Throttle, now: number): number | null {
  // A clock that was put back fills nothing and takes nothing.
  const more = Math.floor(Math.max(0, now - bucket.filledAt) / ONE_MORE_EVERY_MS);
  if (more > 0) {
    bucket.left = Math.min(MOST_AT_ONCE, bucket.left + more);
    bucket.filledAt = now;
  }
  if (bucket.left === 0) return ONE_MORE_EVERY_MS / 1_000;
  bucket.left -= 1;
  return null;
}
