/**
 * When the provider says something became true (rule 1), in milliseconds of the provider's clock.
 * `updatedAt` is the object's own; `at` is the envelope's timestamp, or the time of the answer for an observation.
 */
export interface Version {
  readonly updatedAt: number;
  readonly at: number;
}

/** Negative when `a` is older than `b`, zero when they are equal, positive when it is newer. */
export function compareVersions(a: Version, b: Version): number {
  return a.updatedAt - b.updatedAt || a.at - b.at;
}

/** Whether the one created later, ids breaking ties, is `a`: it owns the pair or key, even when dead (rule 2). */
export function createdLater(
  a: { readonly createdAt: number; readonly id: string },
  b: { readonly createdAt: number; readonly id: string },
): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a.id > b.id;
}

/** The later of two times, where null stands for never. */
export function latest(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}
