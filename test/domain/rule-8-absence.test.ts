import { expect, test } from 'vitest';
import { absent, House, member, removed, revocations, role } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('editor', 0));
  return house;
};

test('a member whom the provider does not list is presumed gone, and signed out', () => {
  const house = acme();
  const decided = house.hear(absent(100));
  expect(decided.verdict.outcome).toBe('applied');
  expect(house.can()).toBeNull();
  expect(house.accepts(100)).toBe(false);
  expect(revocations(decided)).toHaveLength(1);
});

test('an absence says nothing of what changed within a minute before it: it is asked again', () => {
  const house = acme();
  house.hear(member('editor', 50));
  expect(house.hear(absent(109)).verdict).toEqual({ outcome: 'held', reason: 'changed_too_recently' });
  expect(house.can()).toEqual(['read', 'write']);
  expect(house.hear(absent(110)).verdict.outcome).toBe('applied');
});

test('later evidence brings a presumed absentee back', () => {
  const house = acme();
  house.hear(absent(100));
  house.hear(member('viewer', 101));
  expect(house.can()).toEqual(['read']);
});

test('an answer that lists them again brings a presumed absentee back, cut off as they were', () => {
  const house = acme();
  house.hear(absent(100));
  house.hear(member('editor', 0, { told: 'observed', at: 200 }));
  expect(house.can()).toEqual(['read', 'write']);
  expect(house.accepts(100)).toBe(false);
  expect(house.accepts(201)).toBe(true);
});

test('evidence from before an absence does not bring anybody back', () => {
  const house = acme();
  house.hear(absent(100));
  expect(house.hear(member('viewer', 30)).verdict).toEqual({ outcome: 'stale', reason: 'presumed_absent' });
  expect(house.can()).toBeNull();
});

test('an absence does not undo a removal, and signs nobody out twice', () => {
  const house = acme();
  house.hear(removed(20));
  expect(house.hear(absent(100))).toEqual({
    verdict: { outcome: 'stale', reason: 'already_known' },
    changes: [],
    effects: [],
  });
});

test('an absence that is confirmed day after day moves nothing more', () => {
  const house = acme();
  house.hear(absent(100));
  const again = house.hear(absent(90_000));
  expect(again.changes).toEqual([]);
  expect(again.effects).toEqual([]);
});

test('an absence of somebody never heard of is nothing', () => {
  const house = acme();
  expect(house.hear(absent(100, 'bob')).verdict.outcome).toBe('stale');
});
