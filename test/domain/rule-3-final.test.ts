import { expect, test } from 'vitest';
import { House, member, removed, role, second, user } from './support/house.ts';
import { organizationId, userId } from './support/world.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('viewer', 0));
  return house;
};

test('nothing told of a removed membership brings it back, however new', () => {
  const house = acme();
  house.hear(removed(50));
  for (const told of [
    member('editor', 40),
    member('editor', 60),
    member('editor', 60, { told: 'observed', at: 90 }),
  ]) {
    expect(house.hear(told).verdict).toEqual({ outcome: 'stale', reason: 'deleted_before' });
    expect(house.can()).toBeNull();
  }
});

test('a removal needs no more than the id', () => {
  const house = acme();
  expect(house.hear(removed(50, { created: null })).verdict.outcome).toBe('applied');
  expect(house.can()).toBeNull();
});

test('a removal of an id never heard of waits for it', () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), removed(50, { created: null }), member('viewer', 0));
  expect(house.can()).toBeNull();
  expect(house.accepts(50)).toBe(false);
});

test('below a deleted user nothing lives, now or later', () => {
  const house = acme();
  house.hear({ kind: 'user-deleted', id: userId('ada'), at: second(50) });
  expect(house.can()).toBeNull();
  house.hear(member('editor', 60, { id: 'mem_2', created: 60 }));
  house.hear(user(70));
  expect(house.can()).toBeNull();
  expect(house.accepts(80)).toBe(false);
});

test('below a deleted organization nothing lives, now or later, and no member row is touched', () => {
  const house = acme();
  const before = house.store.tables.memberships.get('mem_1');
  const decided = house.hear({ kind: 'organization-deleted', id: organizationId('acme'), at: second(50) });
  expect(decided.changes).toHaveLength(1);
  expect(house.store.tables.memberships.get('mem_1')).toBe(before);
  expect(house.can()).toBeNull();
  expect(house.accepts(60)).toBe(false);
  house.hear(member('editor', 60, { user: 'bob', id: 'mem_2', created: 60 }));
  expect(house.can('bob')).toBeNull();
});

test('a deletion that is told twice moves nothing the second time', () => {
  const house = acme();
  house.hear(removed(50));
  const again = house.hear(removed(50));
  expect(again).toEqual({ verdict: { outcome: 'stale', reason: 'already_known' }, changes: [], effects: [] });
});
