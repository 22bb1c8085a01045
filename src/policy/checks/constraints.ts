import type { ResolvedConstraint } from '../resolved-policy.ts';
import type { Rules } from '../rules.ts';
import { checkOrganizationRole } from './references.ts';
import { onceEach, type Report } from './shapes.ts';

/** Constraints and seats speak of organization roles, each once, and do not contradict one another. */
export function checkConstraints(rules: Rules, report: Report): void {
  for (const constraint of rules.constraints) {
    checkOrganizationRole(rules, roleOf(constraint), 'constraints', report);
  }
  onceEach(rules.constraints, constraintLabel, 'constraints', report);
  checkSingleHolders(rules, report);

  const free = rules.freeSeats ?? [];
  for (const { role } of free) checkOrganizationRole(rules, role, 'seats.free', report);
  onceEach(free, ({ role }) => `"${role}"`, 'seats.free', report);
}

/** What contradicts "exactly one": inviting a second one, or making several. */
function checkSingleHolders(rules: Rules, report: Report): void {
  const single = new Set(rules.constraints.flatMap((one) => ('exactlyOne' in one ? [one.exactlyOne] : [])));
  for (const constraint of rules.constraints) {
    if ('exactlyOne' in constraint) continue;
    const { firstMembersBecome: role, count } = constraint;
    if (count > 1 && single.has(role)) {
      report('constraints', `the first ${count} members cannot become "${role}" when there is exactly one`);
    }
  }
  for (const { key, assigns } of rules.roles.values()) {
    for (const role of assigns.invite) {
      if (single.has(role)) report(`roles.${key}.assigns`, `nobody can be invited as a second "${role}"`);
    }
  }
}

export function roleOf(constraint: ResolvedConstraint): string {
  return 'exactlyOne' in constraint ? constraint.exactlyOne : constraint.firstMembersBecome;
}

function constraintLabel(constraint: ResolvedConstraint): string {
  return 'exactlyOne' in constraint ? `exactlyOne "${constraint.exactlyOne}"` : 'firstMembersBecome';
}
