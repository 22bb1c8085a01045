import type { Grant, ResolvedPolicy } from '../../../src/policy/index.ts';

/** Roles by permission, as a page's table has it: the first line names the roles, `-` is a cell that grants nothing. */
export const matrix = (text: string): Record<string, string[]> => {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    head.map((role, column) => [
      role,
      rows.flatMap(([permission = '', ...cells]) => {
        const cell = cells[column] ?? 'missing';
        return cell === '-' ? [] : [cell === 'yes' ? permission : `${permission} ${cell}`];
      }),
    ]),
  );
};

/** The same of a policy: per role its permissions, conditional ones as `permission own` or `permission feature:x`. */
export const grantsByRole = ({ roles }: ResolvedPolicy): Record<string, string[]> =>
  Object.fromEntries(Object.entries(roles).map(([role, { grants }]) => [role, grants.map(inWords)]));

const inWords = ({ permission, only, feature }: Grant): string =>
  [permission, only, feature === undefined ? undefined : `feature:${feature}`].filter(Boolean).join(' ');

/** Per role whom it invites, changes and removes; roles that do nothing of it left out. */
export const assignmentsByRole = ({ roles }: ResolvedPolicy): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(roles).flatMap(([role, { assigns }]) =>
      Object.values({ ...assigns }).every((list) => list.length === 0) ? [] : [[role, assigns]],
    ),
  );

/** The rules of a role that assigns the same roles in every way. */
export const fully = (...roles: string[]): Record<string, string[]> => ({
  invite: roles,
  change: roles,
  remove: roles,
});
