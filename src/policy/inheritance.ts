import type { RoleRules, Rules } from './rules.ts';

/** The role itself and every role it includes, directly or not; each once, also in a circle. */
export function lineage(rules: Rules, role: RoleRules): RoleRules[] {
  const found = new Set([role]);
  for (const one of found) {
    for (const key of one.includes) {
      const included = rules.roles.get(key);
      if (included !== undefined) found.add(included);
    }
  }
  return [...found];
}

/** Circles of inclusion as paths that end where they began, like `["a", "b", "a"]`; none twice. */
export function circles(rules: Rules): string[][] {
  const found = new Map<string, string[]>();
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (key: string): void => {
    const start = path.indexOf(key);
    if (start !== -1) {
      const circle = fromTheSmallest(path.slice(start));
      found.set(circle.join(' → '), circle);
      return;
    }
    if (finished.has(key)) return;
    path.push(key);
    for (const included of rules.roles.get(key)?.includes ?? []) visit(included);
    path.pop();
    finished.add(key);
  };
  for (const key of [...rules.roles.keys()].sort()) visit(key);
  return [...found.values()];
}

function fromTheSmallest(circle: readonly string[]): string[] {
  const least = [...circle].sort()[0] ?? '';
  const start = circle.indexOf(least);
  return [...circle.slice(start), ...circle.slice(0, start), least];
}
