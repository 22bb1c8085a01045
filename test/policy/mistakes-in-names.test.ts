import { expect, test } from 'vitest';
import { definePolicy, PolicyError, resolvePolicy } from '../../src/policy/index.ts';
import { problemsOf, sound, withRoles } from './support/policies.ts';

const scoped = { scopes: { room: { description: 'A room', organizationRolesReach: false } } };

test('a sound policy has no problems', () => {
  expect(problemsOf(sound)).toEqual([]);
});

test.each([
  ['permission', { reader: { can: ['raed'] } }, 'roles.reader.can: there is no permission "raed"'],
  ['included role', { writer: { includes: ['raeder'] } }, 'roles.writer.includes: there is no role "raeder"'],
  ['assigned role', { writer: { assigns: ['raeder'] } }, 'roles.writer.assigns: there is no role "raeder"'],
  [
    'removed role',
    { writer: { assigns: { remove: ['raeder'] } } },
    'roles.writer.assigns.remove: there is no role "raeder"',
  ],
  ['scope', { reader: { scope: 'rom' } }, 'roles.reader.scope: there is no scope "rom"'],
  [
    'feature',
    { reader: { can: ['read', { permission: 'write', feature: 'beta' }] } },
    'roles.reader.can: there is no feature "beta"',
  ],
])('an unknown %s is named', (_, roles, problem) => {
  expect(problemsOf(withRoles(roles))).toContain(problem);
});

test('an unknown role in a constraint or a seat rule is named', () => {
  const constraints = [{ exactlyOne: 'boss' }, { firstMembersBecome: 'chief', count: 2 }];
  expect(problemsOf({ ...sound, constraints, seats: { free: [{ role: 'guest' }] } })).toEqual([
    'constraints: there is no role "boss"',
    'constraints: there is no role "chief"',
    'seats.free: there is no role "guest"',
  ]);
});

test.each(['toString', 'constructor', '__proto__'])('what every object inherits is no role: %s', (name) => {
  expect(problemsOf(withRoles({ writer: { includes: [name], can: ['write', 'read', name] } }))).toEqual([
    `roles.writer.can: there is no permission "${name}"`,
    `roles.writer.includes: there is no role "${name}"`,
  ]);
});

test('a circle of inclusions is named with its path, once', () => {
  const roles = { reader: { includes: ['third'] }, third: { includes: ['writer'], can: ['write'] } };
  expect(problemsOf(withRoles(roles))).toEqual([
    'roles.reader.includes: goes round in a circle: reader → third → writer → reader',
  ]);
});

test('a role that includes itself is a circle', () => {
  expect(problemsOf(withRoles({ reader: { includes: ['reader'] } }))).toEqual([
    'roles.reader.includes: goes round in a circle: reader → reader',
  ]);
});

test('a role neither includes nor assigns roles of another scope', () => {
  const host = { scope: 'room', includes: ['reader'], can: ['write'], assigns: ['reader'] };
  expect(problemsOf({ ...withRoles({ host }), ...scoped })).toEqual(
    expect.arrayContaining([
      'roles.host.includes: "reader" is a role of the scope organization, "host" of the scope room',
      'roles.host.assigns: "reader" is a role of the scope organization, "host" of the scope room',
    ]),
  );
});

test('constraints and seats speak of organization roles only', () => {
  const definition = {
    ...withRoles({ host: { scope: 'room', can: ['write'] } }),
    ...scoped,
    constraints: [{ exactlyOne: 'host' }],
    seats: { free: [{ role: 'host' }] },
  };
  expect(problemsOf(definition)).toEqual([
    'constraints: "host" is a role of the scope room',
    'seats.free: "host" is a role of the scope room',
  ]);
});

test('all problems come in one error, whoever finds them', () => {
  const wrong = {
    ...withRoles({ writer: { includes: ['nobody', 'writer'], can: ['wirte'] } }),
    name: '',
    extends: 'clerk',
  };
  const problems = [
    "extends: can only be 'provider'",
    'name: must be a text, without space around it',
    'roles.writer.can: there is no permission "wirte"',
    'roles.writer.includes: there is no role "nobody"',
    'roles.writer.includes: goes round in a circle: writer → writer',
    'permissions.write: is granted by no role',
  ];
  expect(problemsOf(wrong)).toEqual(problems);
  expect(() => resolvePolicy(wrong)).toThrow(new PolicyError(problems));
});

test('the error has a code, and its message names every problem', () => {
  const error = new PolicyError(['one', 'two']);
  expect([error.code, error.message]).toEqual(['invalid_policy', 'The policy has 2 problems:\n- one\n- two']);
});

test('a policy is frozen, so that nobody widens it after it was checked', () => {
  const policy = definePolicy({
    name: 'frozen',
    permissions: { read: 'Read' },
    roles: { reader: { title: 'Reader', description: 'Reads.', can: ['read'] } },
  });
  expect(Object.isFrozen(policy.roles.reader.can)).toBe(true);
});
