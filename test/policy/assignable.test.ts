import { expect, test } from 'vitest';
import { assignable, resolvePolicy } from '../../src/policy/index.ts';

const words = { title: 'T', description: 'D', can: ['read'] };
const policy = resolvePolicy({
  name: 'assigning',
  permissions: { read: 'Read' },
  roles: {
    boss: {
      ...words,
      givenToCreator: true,
      assigns: { invite: ['aide'], change: ['aide', 'temp'], remove: ['temp'] },
    },
    aide: words,
    temp: words,
  },
});

test('an actor invites to, changes between and removes from just the roles that the policy names', () => {
  expect(assignable(policy, 'boss', 'temp')).toEqual({ invite: ['aide'], change: ['aide'], remove: true });
  expect(assignable(policy, 'boss', 'aide')).toEqual({ invite: ['aide'], change: ['temp'], remove: false });
});

test('nobody is changed out of a role that the actor may not give', () => {
  expect(assignable(policy, 'boss', 'boss')).toEqual({ invite: ['aide'], change: [], remove: false });
});

test('without a target there is only inviting', () => {
  expect(assignable(policy, 'boss', null)).toEqual({ invite: ['aide'], change: [], remove: false });
});

test.each(['nobody', 'toString', '__proto__'])(
  'a role that the policy does not know assigns nothing: %s',
  (role) => {
    expect(assignable(policy, role, 'temp')).toEqual({ invite: [], change: [], remove: false });
    expect(assignable(policy, 'boss', role)).toEqual({ invite: ['aide'], change: [], remove: false });
  },
);
