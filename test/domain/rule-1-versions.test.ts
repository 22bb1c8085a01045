import { expect, test } from 'vitest';
import { House, lookups, member, removed, role, second, user } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']));
  return house;
};

test('an update that arrives after a later one is stale', () => {
  const house = acme();
  house.hearAll(member('viewer', 10), member('editor', 30));
  expect(house.hear(member('viewer', 20)).verdict).toEqual({ outcome: 'stale', reason: 'older_than_known' });
  expect(house.can()).toEqual(['read', 'write']);
});

test('the object decides before the envelope: a later stamp on an older state changes nothing', () => {
  const house = acme();
  house.hear(member('editor', 30));
  house.hear(member('viewer', 20, { at: 40 }));
  expect(house.can()).toEqual(['read', 'write']);
});

test('of one state of the object the later envelope counts', () => {
  const house = acme();
  house.hear(member('viewer', 20));
  expect(house.hear(member('editor', 20, { at: 21 })).verdict.outcome).toBe('applied');
});

test('a removal is ordered by its envelope alone, since the provider leaves updated_at as it was', () => {
  const house = acme();
  house.hear(member('viewer', 10));
  house.hear(removed(50));
  expect(house.can()).toBeNull();
  expect(house.store.tables.memberships.get('mem_1')?.deletedAt).toBe(second(50));
});

test.each([
  ['a member', member('editor', 400), ['lookup_member']],
  ['a removal', removed(400), ['lookup_member']],
  ['a user', user(400, { suspended: true }), ['lookup_user']],
  ['a role', role('editor', [], 400), ['lookup_roles']],
])(
  '%s stamped more than five minutes in our future fails, moves nothing, and is asked about',
  (_, told, owed) => {
    const house = acme();
    house.hear(member('viewer', 10));
    const decided = house.hear(told, { now: 99 });
    expect(decided.verdict).toEqual({ outcome: 'failed', reason: 'timestamp_in_future' });
    expect(lookups(decided)).toEqual(owed);
    expect(decided.changes).toEqual([]);
    expect(house.can()).toEqual(['read']);
  },
);

test('five minutes ahead of our clock is still believed', () => {
  const house = acme();
  expect(house.hear(member('editor', 400), { now: 100 }).verdict.outcome).toBe('applied');
});

test('a state said to be from the future fails although its envelope is not', () => {
  const house = acme();
  expect(house.hear(member('editor', 900, { at: 100 }), { now: 100 }).verdict.outcome).toBe('failed');
});
