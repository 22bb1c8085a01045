import { expect, test } from 'vitest';
import { problemsOf, sound, withRoles } from './support/policies.ts';

const scopes = { room: { description: 'A room', organizationRolesReach: false } };
const unreachable =
  'cannot be reached: it is not given to the creator, in no constraint, and assigned by no role that can be reached';

test('a grant with no condition in it is written as the permission', () => {
  expect(problemsOf(withRoles({ reader: { can: [{ permission: 'read' }] } }))).toEqual([
    'roles.reader.can[0]: has no condition: write the permission by itself',
  ]);
});

test('conditions are own and assigned, and no others', () => {
  expect(problemsOf(withRoles({ reader: { can: [{ permission: 'read', only: 'mine' }] } }))).toEqual([
    "roles.reader.can[0].only: can be 'own' or 'assigned'",
  ]);
});

test('a condition on what the same role has outright restricts nothing', () => {
  expect(problemsOf(withRoles({ reader: { can: ['read', { permission: 'read', only: 'own' }] } }))).toEqual([
    'roles.reader.can: "read" (only own) restricts nothing: the role has it anyway',
  ]);
});

test('a condition on what an included role has outright restricts nothing', () => {
  const writer = { can: ['write', { permission: 'read', only: 'assigned' }] };
  expect(problemsOf(withRoles({ writer }))).toEqual([
    'roles.writer.can: "read" (only assigned) restricts nothing: the role has it anyway through "reader"',
  ]);
});

test('a feature on what the role has under fewer conditions restricts nothing', () => {
  const grants = [
    { permission: 'read', only: 'own' },
    { permission: 'read', only: 'own', feature: 'beta' },
  ];
  expect(problemsOf({ ...withRoles({ reader: { can: grants } }), features: { beta: 'Beta' } })).toEqual([
    'roles.reader.can: "read" (only own, beta) restricts nothing: the role has it anyway',
  ]);
});

test('own, assigned and a feature stand beside one another, and an including role may have all of it', () => {
  const grants = [
    { permission: 'read', only: 'own' },
    { permission: 'read', only: 'assigned' },
    { permission: 'read', feature: 'beta' },
  ];
  const roles = { reader: { can: grants }, writer: { can: ['write', 'read'] } };
  expect(problemsOf({ ...withRoles(roles), features: { beta: 'Beta' } })).toEqual([]);
});

test('a role that grants nothing is a mistake, unless the provider grants something', () => {
  const definition = withRoles({ idle: {} });
  expect(problemsOf(definition)).toEqual(['roles.idle: grants nothing']);
  expect(problemsOf({ ...definition, extends: 'provider' })).toEqual([]);
});

test('a permission that no role grants is a mistake, unless the provider may grant it or it is a tool', () => {
  const definition = {
    ...sound,
    permissions: { ...sound.permissions, erase: 'Erase' },
    agents: { tools: { search: 'Search' } },
  };
  expect(problemsOf(definition)).toEqual(['permissions.erase: is granted by no role']);
  expect(problemsOf({ ...definition, extends: 'provider' })).toEqual([]);
});

test('a feature that conditions nothing and a scope without roles are mistakes', () => {
  expect(problemsOf({ ...sound, features: { beta: 'Beta' }, scopes })).toEqual([
    'features.beta: is a condition of nothing',
    'scopes.room: has no roles',
  ]);
});

test('where roles are assigned, a role that nobody can come to hold is a mistake', () => {
  const definition = withRoles({ writer: { givenToCreator: true, assigns: ['writer'] } });
  expect(problemsOf(definition)).toEqual([`roles.reader: ${unreachable}`]);
});

test('being removable makes no role reachable, nor does being assigned by one that is not', () => {
  const roles = {
    reader: { assigns: { remove: ['writer'] }, givenToCreator: true },
    writer: { assigns: ['ghost', 'writer'] },
    ghost: { can: ['read'] },
  };
  expect(problemsOf(withRoles(roles))).toEqual([
    `roles.writer: ${unreachable}`,
    `roles.ghost: ${unreachable}`,
  ]);
});

test.each([
  ['a constraint speaks of it', {}, { constraints: [{ exactlyOne: 'writer' }] }],
  ['it is given to the creator', { givenToCreator: true }, {}],
])('a role can be reached when %s, and so can all that it assigns', (_, role, part) => {
  expect(problemsOf({ ...withRoles({ writer: { assigns: ['reader'], ...role } }), ...part })).toEqual([]);
});

test('a scope in which no role assigns any is given out elsewhere', () => {
  const host = { scope: 'room', can: ['read'] };
  const roles = withRoles({ writer: { givenToCreator: true, assigns: ['reader'] }, host });
  expect(problemsOf({ ...roles, scopes })).toEqual([]);
});

test('one role a scope is given to the creator', () => {
  const host = { scope: 'room', can: ['read'], givenToCreator: true };
  const roles = { reader: { givenToCreator: true }, writer: { givenToCreator: true }, host };
  expect(problemsOf({ ...withRoles(roles), scopes })).toEqual([
    'roles: only one role of the scope organization is givenToCreator, not "reader", "writer"',
  ]);
});

test('nobody is invited to what there is exactly one of, nor do several first members become it', () => {
  const writer = { givenToCreator: true, assigns: ['reader', 'writer'] };
  const constraints = [{ exactlyOne: 'writer' }, { firstMembersBecome: 'writer', count: 3 }];
  expect(problemsOf({ ...withRoles({ writer }), constraints })).toEqual([
    'constraints: the first 3 members cannot become "writer" when there is exactly one',
    'roles.writer.assigns: nobody can be invited as a second "writer"',
  ]);
});
