import { expect, test } from 'vitest';
import { House, lookups, member, role, user } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('viewer', 0));
  return house;
};

test('two roles at one version: no access until the provider answers', () => {
  const house = acme();
  house.hear(member('editor', 10));
  const decided = house.hear(member('viewer', 10));
  expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
  expect(lookups(decided)).toEqual(['lookup_member']);
  expect(house.can()).toEqual([]);
  house.hear(member('editor', 10, { told: 'observed', at: 30 }));
  expect(house.can()).toEqual(['read', 'write']);
});

test('an answer as old as the contest does not end it: the provider is asked again', () => {
  const house = acme();
  house.hearAll(member('editor', 10), member('viewer', 10));
  expect(house.hear(member('viewer', 10, { told: 'observed' })).verdict).toEqual({
    outcome: 'held',
    reason: 'contested',
  });
  expect(house.can()).toEqual([]);
});

test('a later change ends a contest, and tokens of either role are cut off with it', () => {
  const house = acme();
  house.hearAll(member('viewer', 10), member('editor', 10), member('viewer', 20));
  expect(house.can()).toEqual(['read']);
  expect(house.accepts(19)).toBe(false);
  expect(house.accepts(21)).toBe(true);
});

test('the same message twice is no contest', () => {
  const house = acme();
  house.hear(member('editor', 10));
  expect(house.hear(member('editor', 10)).verdict).toEqual({ outcome: 'stale', reason: 'already_known' });
  expect(house.can()).toEqual(['read', 'write']);
});

test('two definitions of a role at one version grant what both grant, until the roles are asked for', () => {
  const house = acme();
  house.hear(member('editor', 5));
  house.hear(role('editor', ['read', 'write'], 10));
  const decided = house.hear(role('editor', ['read', 'bill'], 10));
  expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
  expect(lookups(decided)).toEqual(['lookup_roles']);
  expect(house.can()).toEqual(['read']);
  house.hear(role('editor', ['read', 'bill'], 10, { told: 'observed', at: 30 }));
  expect(house.can()).toEqual(['bill', 'read']);
});

test('banned and not banned at one version is banned, until the user is asked for', () => {
  const house = acme();
  house.hear(user(10, { suspended: true }));
  const decided = house.hear(user(10));
  expect(decided.verdict).toEqual({ outcome: 'held', reason: 'contested' });
  expect(lookups(decided)).toEqual(['lookup_user']);
  expect(house.can()).toEqual([]);
});

test('either of two definitions may be in tokens: a later one that lacks what one of them had cuts off', () => {
  const house = acme();
  house.hearAll(
    role('viewer', ['read'], 10),
    role('viewer', ['read', 'bill'], 10),
    role('viewer', ['read'], 20),
  );
  expect([house.accepts(20), house.accepts(21)]).toEqual([false, true]);
});

test('an answer from before a doubt about a ban does not settle it: the provider is asked again', () => {
  const house = acme();
  house.hearAll(user(5, { suspended: true }), user(10, { suspended: true }), user(10));
  const early = house.hear(user(5, { suspended: true, told: 'observed', at: 20 }));
  expect(early.verdict).toEqual({ outcome: 'held', reason: 'contested' });
  house.hear(user(10, { told: 'observed', at: 30 }));
  expect(house.can()).toEqual(['read']);
});
