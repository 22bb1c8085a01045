import { coveredBy } from './grant.ts';

/** What of `from` is not allowed by `without`: nothing that stays under fewer conditions counts as missing. */
export function difference(from: readonly string[], without: readonly string[]): readonly string[] {
  const covered = coveredBy(without);
  return from.filter((item) => !covered(item));
}

/** What of `a` is allowed by `b` too. */
export function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  const covered = coveredBy(b);
  return a.filter(covered);
}

/** A list as it is kept: each once, in code unit order, so that equal sets are equal lists. */
export function permissionSet(permissions: Iterable<string>): readonly string[] {
  return [...new Set(permissions)].sort();
}

export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
