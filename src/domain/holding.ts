import type { Holding, ScopedRoles } from './facts.ts';

/** Whether two snapshots say the same of somebody's access (rule 4): names, counts and the like do not matter. */
export function sameHolding(a: Holding, b: Holding): boolean {
  return a.role === b.role && sameScoped(a.scoped, b.scoped);
}

function sameScoped(a: ScopedRoles, b: ScopedRoles): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
}

function inOrder(scoped: ScopedRoles): [string, string, string][] {
  return Object.entries(scoped)
    .flatMap(([type, roles]) =>
      Object.entries(roles).map(([id, role]): [string, string, string] => [type, id, role]),
    )
    .sort(([a, b], [c, d]) => (`${a}/${b}` < `${c}/${d}` ? -1 : 1));
}
