import { circles } from '../inheritance.ts';
import type { Rules } from '../rules.ts';
import { checkConstraints } from './constraints.ts';
import { checkMeaning } from './meaning.ts';
import { checkReachable } from './reachable.ts';
import { readDefinition } from './read-definition.ts';
import { checkReferences } from './references.ts';
import type { Report } from './shapes.ts';

/** Reads a definition of any origin; what is wrong with it, all of it, and the rules if nothing is. */
export function checkPolicy(definition: unknown): { rules: Rules } | { problems: string[] } {
  const problems: string[] = [];
  const report: Report = (at, problem) => problems.push(`${at}: ${problem}`);
  const rules = readDefinition(definition, report);
  if (rules === null) return { problems };
  checkReferences(rules, report);
  for (const circle of circles(rules)) {
    report(`roles.${circle[0]}.includes`, `goes round in a circle: ${circle.join(' → ')}`);
  }
  checkConstraints(rules, report);
  checkReachable(rules, report);
  checkMeaning(rules, report);
  return problems.length === 0 ? { rules } : { problems };
}
