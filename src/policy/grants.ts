import type { Grant } from './resolved-policy.ts';

/** Whether `wide` allows everything that `narrow` does: the same permission, with no condition that `narrow` lacks. */
export function covers(wide: Grant, narrow: Grant): boolean {
  return (
    wide.permission === narrow.permission &&
    (wide.only === undefined || wide.only === narrow.only) &&
    (wide.feature === undefined || wide.feature === narrow.feature)
  );
}

/** Sorted, each once, and without those that another one covers. */
export function simplify(grants: readonly Grant[]): Grant[] {
  const distinct = new Map(grants.map((grant) => [sortKey(grant), grant]));
  const widest = new Map<string, Grant[]>();
  for (const grant of distinct.values()) {
    const others = widest.get(grant.permission) ?? [];
    if (others.some((other) => covers(other, grant))) continue;
    widest.set(grant.permission, [...others.filter((other) => !covers(grant, other)), grant]);
  }
  return [...widest.values()].flat().sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** One grant in words. */
export function grantLabel({ permission, only, feature }: Grant): string {
  const conditions = [only, feature].filter((condition) => condition !== undefined);
  return `"${permission}"${conditions.length === 0 ? '' : ` (only ${conditions.join(', ')})`}`;
}

/** A space sorts before everything that a key can hold. */
function sortKey({ permission, only, feature }: Grant): string {
  return `${permission} ${only ?? ''} ${feature ?? ''}`;
}
