import { expect, test } from 'vitest';
import { House, lookups, member, revocations, role, user } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), member('viewer', 0), user(0, { told: 'created' }));
  return house;
};

test('a banned user stays a member with nothing, and is signed out', () => {
  const house = acme();
  const decided = house.hear(user(20, { suspended: true }));
  expect(house.can()).toEqual([]);
  expect(revocations(decided)).toMatchObject([{ lane: 'removal', userId: 'ada' }]);
  expect(house.accepts(20)).toBe(false);
});

test('only a user snapshot lifts a ban, and what was cut off stays cut off', () => {
  const house = acme();
  house.hear(user(20, { suspended: true }));
  house.hear(member('viewer', 30, { suspended: false }));
  expect(house.can()).toEqual([]);
  house.hear(user(40));
  expect(house.can()).toEqual(['read']);
  expect(house.accepts(20)).toBe(false);
  expect(house.accepts(41)).toBe(true);
});

test('what a membership says of its user is only a question', () => {
  const house = acme();
  const decided = house.hear(member('viewer', 30, { suspended: true }));
  expect(lookups(decided)).toContain('lookup_user');
  expect(house.can()).toEqual(['read']);
});

test('a membership that knows less of the user than a later snapshot asks nothing', () => {
  const house = acme();
  house.hear(user(40));
  expect(lookups(house.hear(member('viewer', 30, { suspended: true })))).not.toContain('lookup_user');
});

test('an older snapshot of a ban that was lifted since still cuts off, and bans nobody', () => {
  const house = acme();
  house.hear(user(40));
  house.hear(user(20, { suspended: true }));
  expect(house.can()).toEqual(['read']);
  expect(house.accepts(20)).toBe(false);
});
