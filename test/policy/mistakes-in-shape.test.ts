import fc from 'fast-check';
import { expect, test } from 'vitest';
import { problemsOf, sound, withRoles } from './support/policies.ts';

test.each([undefined, null, 1, 'policy', [], () => sound])('%s is no policy', (value) => {
  expect(problemsOf(value)).toEqual(['policy: must be an object']);
});

test('whatever is missing is said to be missing', () => {
  expect(problemsOf({})).toEqual([
    'name: is missing',
    'permissions: must be an object',
    'roles: must be an object',
  ]);
  expect(problemsOf({ ...sound, roles: { reader: { can: ['read', 'write'] } } })).toEqual([
    'roles.reader.title: is missing',
    'roles.reader.description: is missing',
  ]);
});

test.each<[string, object, string]>([
  ['no permissions', { permissions: {} }, 'permissions: must not be empty'],
  ['no roles', { roles: {} }, 'roles: must not be empty'],
  ['no tools', { agents: { tools: {} } }, 'agents.tools: must not be empty'],
  ['no constraints', { constraints: [] }, 'constraints: must not be empty: leave it out'],
  ['no free seats', { seats: { free: [] } }, 'seats.free: must not be empty: leave it out'],
  [
    'an empty list',
    withRoles({ reader: { includes: [] } }),
    'roles.reader.includes: must not be empty: leave it out',
  ],
  ['an empty name', withRoles({ reader: { can: [''] } }), 'roles.reader.can[0]: must be a name'],
  [
    'an empty description',
    { permissions: { read: ' ', write: 'Write' } },
    'permissions.read: must be a text, without space around it',
  ],
])('a policy with %s is refused', (_, part, problem) => {
  expect(problemsOf({ ...sound, ...part })).toContain(problem);
});

test.each<[string, string, string]>([
  ['a NUL, which Postgres keeps in no text', 'Writes\0', 'contains characters that cannot be shown'],
  ['half a character', 'Writes\ud800', 'contains characters that cannot be shown'],
  ['a sequence that a terminal obeys', 'Writes\u001b[2J', 'contains characters that cannot be shown'],
  ['a novel', 'W'.repeat(1_001), 'has more than 1000 characters'],
])('a title with %s is refused', (_, title, problem) => {
  expect(problemsOf({ ...sound, ...withRoles({ reader: { title } }) })).toEqual([
    `roles.reader.title: ${problem}`,
  ]);
});

test('a text may have lines, and characters of any script', () => {
  const permissions = { ...sound.permissions, read: 'Lesen,\n\tлезен 👀' };
  expect(problemsOf({ ...sound, permissions })).toEqual([]);
});

test('what is too long for a name is told by its beginning', () => {
  const long = 'x'.repeat(5_000);
  const permissions = { ...sound.permissions, [long]: 'Odd' };
  const { roles } = withRoles({ reader: { can: [long] } });
  const problems = problemsOf({ ...sound, permissions, roles });
  expect(problems).toContain('roles.reader.can[0]: must be a name');
  expect(Math.max(...problems.map(({ length }) => length))).toBeLessThan(400);
});

test.each(['', '1st', 'a b', 'a/b', 'ä', '_x', '__proto__', 'x'.repeat(192), 'a\nb'])(
  '%j is no key of a permission or a role',
  (key) => {
    const role = { title: 'T', description: 'D', can: ['read'] };
    const definition = {
      ...sound,
      permissions: Object.fromEntries([...Object.entries(sound.permissions), [key, 'Odd']]),
      roles: Object.fromEntries([...Object.entries(sound.roles), [key, role]]),
    };
    expect(problemsOf(definition).filter((problem) => problem.includes('is no key'))).toEqual([
      expect.stringContaining(`permissions: ${JSON.stringify(key)}`),
      expect.stringContaining(`roles: ${JSON.stringify(key)}`),
    ]);
  },
);

test.each<[string, object, string]>([
  ['property', { role: {} }, 'policy: knows no "role"'],
  [
    'property of a role',
    withRoles({ reader: { inculdes: ['writer'] } }),
    'roles.reader: knows no "inculdes"',
  ],
  [
    'property of a grant',
    withRoles({ reader: { can: ['read', { permission: 'write', if: 'own' }] } }),
    'roles.reader.can[1]: knows no "if"',
  ],
  [
    'kind of assignment',
    withRoles({ writer: { assigns: { create: ['reader'] } } }),
    'roles.writer.assigns: knows no "create"',
  ],
  [
    'property of a constraint',
    { constraints: [{ exactlyOne: 'writer', count: 2 }] },
    'constraints[0]: knows no "count"',
  ],
])('a misspelt %s is not passed over', (_, part, start) => {
  expect(problemsOf({ ...sound, ...part })).toContainEqual(expect.stringContaining(start));
});

test.each<[string, object, string]>([
  [
    'a scope that does not say whether organization roles reach into it',
    { scopes: { room: { description: 'A room' } } },
    'scopes.room.organizationRolesReach: must be true or false',
  ],
  [
    'the organization among the scopes',
    { scopes: { organization: { description: 'It', organizationRolesReach: true } } },
    'scopes.organization: is always there and cannot be declared',
  ],
  [
    'a tool among the permissions',
    { permissions: { ...sound.permissions, 'tool:search': 'Search' } },
    'permissions.tool:search: is a tool: declare it in agents.tools',
  ],
  ['another base', { extends: 'everything' }, "extends: can only be 'provider'"],
  [
    'a creator who is none',
    withRoles({ reader: { givenToCreator: false } }),
    'roles.reader.givenToCreator: can only be true: leave it out',
  ],
  [
    'a badge that is no text',
    withRoles({ reader: { badge: 7 } }),
    'roles.reader.badge: must be a text, without space around it',
  ],
  [
    'a constraint of no kind',
    { constraints: [{ atMostOne: 'writer' }] },
    'constraints[0]: must say exactlyOne or firstMembersBecome',
  ],
  [
    'a count of nobody',
    { constraints: [{ firstMembersBecome: 'writer', count: 0 }] },
    'constraints[0].count: must be a whole number from 1 to 1000',
  ],
  [
    'a settle time that never ends',
    { constraints: [{ exactlyOne: 'writer', settleSeconds: Number.POSITIVE_INFINITY }] },
    'constraints[0].settleSeconds: must be a whole number from 0 to 86400',
  ],
  [
    'half a free seat',
    { seats: { free: [{ role: 'reader', upTo: 0.5 }] } },
    'seats.free[0].upTo: must be a whole number from 1 to 1000000',
  ],
])('%s is refused', (_, part, problem) => {
  expect(problemsOf({ ...sound, ...part })).toContain(problem);
});

test('whatever is repeated is named', () => {
  const definition = {
    ...withRoles({
      writer: {
        includes: ['reader', 'reader'],
        can: ['write', 'write'],
        assigns: { invite: ['reader', 'reader'] },
      },
    }),
    constraints: [{ exactlyOne: 'writer' }, { exactlyOne: 'writer', settleSeconds: 5 }],
    seats: { free: [{ role: 'reader' }, { role: 'reader', upTo: 3 }] },
  };
  expect(problemsOf(definition)).toEqual([
    'roles.writer.includes: says "reader" more than once',
    'roles.writer.can: says "write" more than once',
    'roles.writer.assigns.invite: says "reader" more than once',
    'constraints: says exactlyOne "writer" more than once',
    'seats.free: says "reader" more than once',
  ]);
});

test('whatever stands where, a definition is either sound or its problems are listed', () => {
  const paths = [
    'name',
    'extends',
    'scopes',
    'permissions',
    'features',
    'agents',
    'roles',
    'constraints',
    'seats',
  ];
  const hostile = fc.dictionary(fc.constantFrom(...paths), fc.anything({ withNullPrototype: true }));
  const role = fc.dictionary(
    fc.constantFrom('title', 'description', 'badge', 'scope', 'includes', 'can', 'assigns', 'givenToCreator'),
    fc.anything(),
  );
  fc.assert(
    fc.property(hostile, role, (definition, reader) => {
      expect(problemsOf({ ...sound, ...definition })).toBeInstanceOf(Array);
      expect(problemsOf({ ...sound, roles: { ...sound.roles, reader } })).toBeInstanceOf(Array);
    }),
  );
});
