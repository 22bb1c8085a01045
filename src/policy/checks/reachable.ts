import { lineage } from '../inheritance.ts';
import type { RoleRules, Rules } from '../rules.ts';
import { roleOf } from './constraints.ts';
import type { Report } from './shapes.ts';

/**
 * A role that nobody can come to hold is a mistake. A role can be reached when it is given to the creator, when a
 * constraint speaks of it, or when the holder of a role that can be reached may invite or change somebody to it. A scope
 * in which no role assigns any is left alone: its roles are given out elsewhere, in the provider's dashboard for one.
 */
export function checkReachable(rules: Rules, report: Report): void {
  const constrained = new Set(rules.constraints.map(roleOf));
  const reached = new Set<string>();
  const reach = (role: RoleRules): void => {
    if (reached.has(role.key)) return;
    reached.add(role.key);
    for (const { assigns } of lineage(rules, role)) {
      for (const key of [...assigns.invite, ...assigns.change]) {
        const assigned = rules.roles.get(key);
        if (assigned !== undefined) reach(assigned);
      }
    }
  };

  const roles = [...rules.roles.values()];
  for (const role of roles) {
    if (role.givenToCreator || constrained.has(role.key)) reach(role);
  }
  const assigning = new Set(
    roles.flatMap(({ scope, assigns }) => (assigns.invite.length + assigns.change.length > 0 ? [scope] : [])),
  );
  for (const { key, scope } of roles) {
    if (reached.has(key) || !assigning.has(scope)) continue;
    report(
      `roles.${key}`,
      'cannot be reached: it is not given to the creator, in no constraint, and assigned by no role that can be reached',
    );
  }
  checkCreators(roles, report);
}

/** The provider gives one role to whoever creates something, so there is one at most. */
function checkCreators(roles: readonly RoleRules[], report: Report): void {
  for (const scope of new Set(roles.map((role) => role.scope))) {
    const given = roles.filter((role) => role.scope === scope && role.givenToCreator);
    const names = given.map(({ key }) => `"${key}"`).join(', ');
    if (given.length > 1)
      report('roles', `only one role of the scope ${scope} is givenToCreator, not ${names}`);
  }
}
