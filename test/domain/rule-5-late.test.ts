import { describe, expect, test } from 'vitest';
import { House, lookups, member, removed, role, user } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), role('agent', ['talk']));
  return house;
};

describe.each([
  ['more than five minutes late', { now: 311 }],
  ['repeated by an operator', { now: 12, repeated: true }],
])('what is %s', (_, how) => {
  test('makes nobody a member until the provider says so', () => {
    const house = acme();
    const decided = house.hear(member('viewer', 10, { created: 10 }), how);
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(decided)).toEqual(['lookup_member']);
    expect(house.can()).toBeNull();
    house.hear(member('viewer', 10, { created: 10, told: 'observed', at: 320 }));
    expect(house.can()).toEqual(['read']);
  });

  test('adds nothing to a member, and takes away what it takes away', () => {
    const house = acme();
    house.hear(member('editor', 0));
    const decided = house.hear(member('agent', 10), how);
    expect(decided.changes).toMatchObject([{ kind: 'withheld', permissions: [] }]);
    expect(house.can()).toEqual([]);
    house.hear(member('agent', 10, { told: 'observed', at: 320 }));
    expect(house.can()).toEqual(['talk']);
  });

  test('takes away at once', () => {
    const house = acme();
    house.hear(member('editor', 0));
    expect(house.hear(member('viewer', 10), how).verdict.outcome).toBe('applied');
    expect(house.can()).toEqual(['read']);
    house.hear(removed(10), how);
    expect(house.can()).toBeNull();
  });

  test('lifts no ban', () => {
    const house = acme();
    house.hearAll(member('viewer', 0), user(5, { suspended: true }));
    const decided = house.hear(user(10), how);
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(decided)).toEqual(['lookup_user']);
    expect(house.can()).toEqual([]);
    house.hear(user(10, { told: 'observed', at: 320 }));
    expect(house.can()).toEqual(['read']);
  });

  test('adds nothing to a role, and takes away what it takes away', () => {
    const house = acme();
    house.hear(member('editor', 0));
    const decided = house.hear(role('editor', ['write', 'bill'], 10), how);
    expect(decided.verdict).toEqual({ outcome: 'held', reason: 'late_gain' });
    expect(lookups(decided)).toEqual(['lookup_roles']);
    expect(house.can()).toEqual(['write']);
    house.hear(role('editor', ['write', 'bill'], 10, { told: 'observed', at: 320 }));
    expect(house.can()).toEqual(['bill', 'write']);
  });

  test('seeds no role', () => {
    const house = new House();
    house.hear(member('guest', 10, { created: 10, list: ['read'] }), how);
    house.hear(member('guest', 10, { created: 10, told: 'observed', at: 320 }));
    expect(house.can()).toEqual([]);
  });
});

test('a ban is believed however late', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  house.hear(user(10, { suspended: true }), { now: 4000 });
  expect(house.can()).toEqual([]);
});

test('a late gain holds back nothing that is told in time afterwards', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  house.hear(member('editor', 10), { now: 400 });
  expect(house.can()).toEqual(['read']);
  house.hear(member('editor', 401));
  expect(house.can()).toEqual(['read', 'write']);
});

test('several late gains are held to what all of them grant', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  house.hear(member('editor', 10), { now: 400 });
  house.hear(member('agent', 20), { now: 400 });
  expect(house.can()).toEqual([]);
  expect(house.hear(member('agent', 20), { now: 401 }).verdict.outcome).toBe('stale');
});

test('an answer is never late', () => {
  const house = acme();
  house.hear(member('viewer', 10, { told: 'observed', at: 20 }), { now: 4000 });
  expect(house.can()).toEqual(['read']);
});

test('an answer from before a bound does not lift it: the provider is asked again', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear(role('editor', ['read', 'write', 'bill'], 10, { at: 12 }), { now: 400 });
  const early = house.hear(role('editor', ['read', 'write', 'bill'], 10, { told: 'observed', at: 11 }));
  expect(early.verdict).toEqual({ outcome: 'held', reason: 'changed_too_recently' });
  expect(house.can()).toEqual(['read', 'write']);
});

test('a definition that is no newer than a list stays within it, and the roles are asked for', () => {
  const house = new House();
  house.hear(member('guest', 10, { created: 10, list: ['read'] }));
  const decided = house.hear(role('guest', ['read', 'write'], 10, { created: -10 }));
  expect(lookups(decided)).toEqual(['lookup_roles']);
  expect(house.can()).toEqual(['read']);
  house.hear(role('guest', ['read', 'write'], 10, { created: -10, told: 'observed', at: 30 }));
  expect(house.can()).toEqual(['read', 'write']);
});
