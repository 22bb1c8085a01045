import { expect, test } from 'vitest';
import { resolvePolicy } from '../../src/policy/index.ts';

const words = { title: 'T', description: 'D' };

test('a resolved policy is exactly this JSON', () => {
  const definition = {
    name: 'whole',
    extends: 'provider',
    scopes: { room: { description: 'A room', organizationRolesReach: false } },
    permissions: { write: 'Write', read: 'Read' },
    features: { beta: 'Beta' },
    agents: { tools: { search: 'Search' } },
    roles: {
      writer: {
        title: 'Writer',
        description: 'Writes.',
        badge: 'red',
        givenToCreator: true,
        includes: ['reader'],
        can: [{ feature: 'beta', only: 'own', permission: 'write' }, 'tool:search'],
        assigns: { change: ['writer', 'reader'], invite: ['reader'] },
      },
      reader: { title: 'Reader', description: 'Reads.', can: ['read'] },
      host: { scope: 'room', title: 'Host', description: 'Keeps the room.', can: ['read'] },
    },
    constraints: [{ count: 2, firstMembersBecome: 'reader' }, { exactlyOne: 'writer' }],
    seats: { free: [{ upTo: 3, role: 'reader' }] },
  };
  expect(JSON.stringify(resolvePolicy(definition), null, 1)).toBe(
    JSON.stringify(
      {
        name: 'whole',
        extends: 'provider',
        scopes: ['organization', 'room'],
        organizationRolesReach: { room: false },
        permissions: { read: 'Read', 'tool:search': 'Search', write: 'Write' },
        features: { beta: 'Beta' },
        roles: {
          host: {
            scope: 'room',
            title: 'Host',
            description: 'Keeps the room.',
            grants: [{ permission: 'read' }],
            assigns: { invite: [], change: [], remove: [] },
          },
          reader: {
            scope: 'organization',
            title: 'Reader',
            description: 'Reads.',
            grants: [{ permission: 'read' }],
            assigns: { invite: [], change: [], remove: [] },
          },
          writer: {
            scope: 'organization',
            title: 'Writer',
            description: 'Writes.',
            badge: 'red',
            givenToCreator: true,
            grants: [
              { permission: 'read' },
              { permission: 'tool:search' },
              { permission: 'write', only: 'own', feature: 'beta' },
            ],
            assigns: { invite: ['reader'], change: ['reader', 'writer'], remove: [] },
          },
        },
        constraints: [
          { exactlyOne: 'writer', settleSeconds: 60 },
          { firstMembersBecome: 'reader', count: 2 },
        ],
        seats: { free: [{ role: 'reader', upTo: 3 }] },
      },
      null,
      1,
    ),
  );
});

test('a policy that says little resolves to little', () => {
  const roles = { reader: { ...words, can: ['read'] } };
  expect(Object.keys(resolvePolicy({ name: 'little', permissions: { read: 'Read' }, roles }))).toEqual([
    'name',
    'scopes',
    'permissions',
    'roles',
    'constraints',
    'seats',
  ]);
});

test('permissions and assignment rules come along with included roles, over several steps and several ways', () => {
  const roles = {
    top: { ...words, includes: ['left', 'right'], givenToCreator: true },
    left: { ...words, includes: ['base'], can: ['write'], assigns: { remove: ['top'] } },
    right: { ...words, includes: ['base'], can: ['erase'], assigns: ['left', 'base', 'right'] },
    base: { ...words, can: ['read'] },
  };
  const permissions = { read: 'Read', write: 'Write', erase: 'Erase' };
  const { top } = resolvePolicy({ name: 'diamond', permissions, roles }).roles;
  expect(top?.grants).toEqual([{ permission: 'erase' }, { permission: 'read' }, { permission: 'write' }]);
  expect(top?.assigns).toEqual({
    invite: ['base', 'left', 'right'],
    change: ['base', 'left', 'right'],
    remove: ['base', 'left', 'right', 'top'],
  });
});

test('of grants that come together, those under more conditions disappear', () => {
  const roles = {
    a: {
      ...words,
      can: [
        { permission: 'read', only: 'own' },
        { permission: 'write', feature: 'beta' },
      ],
    },
    b: {
      ...words,
      can: [
        { permission: 'read', only: 'assigned' },
        { permission: 'write', only: 'own', feature: 'beta' },
      ],
    },
    both: { ...words, includes: ['a', 'b'] },
    all: { ...words, includes: ['both'], can: ['read'] },
  };
  const permissions = { read: 'Read', write: 'Write' };
  const resolved = resolvePolicy({
    name: 'conditions',
    permissions,
    features: { beta: 'Beta' },
    roles,
  }).roles;
  expect(resolved['both']?.grants).toEqual([
    { permission: 'read', only: 'assigned' },
    { permission: 'read', only: 'own' },
    { permission: 'write', feature: 'beta' },
  ]);
  expect(resolved['all']?.grants).toEqual([{ permission: 'read' }, { permission: 'write', feature: 'beta' }]);
});

test('keys sort by code units, not by a language', () => {
  const permissions = { b: 'b', a_a: 'a_a', B: 'B', 'a:a': 'a:a', 'a.b': 'a.b', a: 'a' };
  const roles = { all: { ...words, can: Object.keys(permissions) } };
  expect(Object.keys(resolvePolicy({ name: 'order', permissions, roles }).permissions)).toEqual([
    'B',
    'a',
    'a.b',
    'a:a',
    'a_a',
    'b',
  ]);
});
