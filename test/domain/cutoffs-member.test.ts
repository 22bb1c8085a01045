import { expect, test } from 'vitest';
import { House, member, removed, revocations, role, second } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(
    role('viewer', ['read']),
    role('editor', ['read', 'write']),
    role('admin', ['read', 'write', 'bill']),
    role('agent', ['read', 'talk']),
  );
  return house;
};
const cutoff = (house: House) => house.store.tables.members.get('acme/ada')?.cutoff ?? null;

test('a removal refuses every token up to its time, and signs out in the lane of its own', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  const decided = house.hear(removed(50));
  expect(decided.changes).toMatchObject([
    { kind: 'removed', permissions: [], cutoff: { of: 'member', id: 'acme/ada', at: second(50) } },
  ]);
  expect(revocations(decided)).toEqual([
    { kind: 'revoke_sessions', lane: 'removal', userId: 'ada', cutoff: second(50), onlyWhenLast: false },
  ]);
  expect([house.accepts(49), house.accepts(50), house.accepts(51)]).toEqual([false, false, true]);
});

test('Admin to Agent gains one thing and loses two: that is a loss', () => {
  const house = acme();
  house.hear(member('admin', 0));
  const decided = house.hear(member('agent', 50));
  expect(decided.changes).toMatchObject([{ kind: 'reduced', permissions: ['read', 'talk'] }]);
  expect(revocations(decided)).toMatchObject([{ lane: 'reduction', cutoff: second(50) }]);
  expect(house.accepts(50)).toBe(false);
});

test('gaining alone invalidates nothing', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  const decided = house.hear(member('admin', 50));
  expect(decided.changes).toMatchObject([{ kind: 'granted', cutoff: null }]);
  expect(decided.effects).toEqual([]);
  expect(house.accepts(1)).toBe(true);
});

test('another role with the same permissions invalidates nothing', () => {
  const house = acme();
  house.hearAll(role('reader', ['read']), member('viewer', 0), member('reader', 50));
  expect(house.accepts(1)).toBe(true);
});

test('a role that was left, and is only then heard to have granted more, is refused up to the leaving', () => {
  const house = acme();
  house.hearAll(role('reader', ['read']), member('viewer', 0), member('reader', 50));
  expect([house.accepts(1), house.accepts(50)]).toEqual([true, true]);
  house.hear(role('viewer', ['read', 'export'], 60));
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('a role that was left, and of which a loss is only then heard, is refused up to the leaving', () => {
  const house = acme();
  house.hearAll(role('reader', ['read', 'write']), member('editor', 0), member('reader', 50));
  house.hear(role('editor', ['read'], 30), { now: 70 });
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('a promotion that was missed is cut off at the demotion that is known, and signs out', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('viewer', 50));
  const decided = house.hear(member('admin', 30));
  expect(decided.verdict.outcome).toBe('stale');
  expect(cutoff(house)).toBe(second(50));
  expect(revocations(decided)).toMatchObject([{ lane: 'reduction', cutoff: second(50) }]);
  expect(house.can()).toEqual(['read']);
});

test('a promotion that was missed counts by its own list too, whatever its role grants by now', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('viewer', 50), role('admin', ['read'], 60));
  house.hear(member('admin', 30, { list: ['bill', 'read', 'write'] }));
  expect(cutoff(house)).toBe(second(50));
});

test('a missed role that held no more than the present one invalidates nothing', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('admin', 50), member('editor', 30));
  expect(cutoff(house)).toBeNull();
});

test('an old state of the present role invalidates nothing by itself', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('editor', 50), member('editor', 30));
  expect(cutoff(house)).toBeNull();
});

test('first sight by an update cuts off at its time, without signing out: what was lost is unknown', () => {
  const house = acme();
  const decided = house.hear(member('viewer', 50));
  expect(cutoff(house)).toBe(second(50));
  expect(revocations(decided)).toEqual([]);
});

test('first sight by an answer cuts off when the member was last changed, not when we asked', () => {
  const house = acme();
  house.hear(member('viewer', 50, { told: 'observed', at: 500 }));
  expect(cutoff(house)).toBe(second(50));
});

test.each([
  ['a joining', member('viewer', 0)],
  [
    'an answer about somebody never changed since joining',
    member('viewer', 0, { told: 'observed', at: 500 }),
  ],
])('first sight by %s cuts off nothing', (_, told) => {
  const house = acme();
  house.hear(told);
  expect(cutoff(house)).toBeNull();
});

test('a late removal of a life before this one cuts off no later than this one began', () => {
  const house = acme();
  house.hear(member('viewer', 100, { id: 'mem_2', created: 100 }));
  house.hear(removed(160));
  expect(cutoff(house)).toBe(second(100));
  expect(house.accepts(101)).toBe(true);
});

test('a life before this one that is first told of now was over when this one began', () => {
  const house = acme();
  house.hear(member('viewer', 100, { id: 'mem_2', created: 100 }));
  house.hear(member('admin', 0));
  expect([house.accepts(99), house.accepts(101)]).toEqual([false, true]);
});

test('a new life that is told of before the end of the last one cuts that one off', () => {
  const house = acme();
  house.hearAll(member('admin', 0), member('viewer', 100, { id: 'mem_2', created: 100 }));
  expect(cutoff(house)).toBe(second(100));
});

test('a cutoff survives rejoining, and never decreases', () => {
  const house = acme();
  house.hearAll(member('admin', 0), removed(50), member('viewer', 60, { id: 'mem_2', created: 60 }));
  expect(house.accepts(50)).toBe(false);
  house.hear(removed(40));
  expect(cutoff(house)).toBe(second(50));
});

test('leaving a role takes its cutoff along', () => {
  const house = acme();
  house.hearAll(member('admin', 0), role('admin', ['read'], 50));
  expect(house.accepts(51)).toBe(false);
  house.hear(member('editor', 60));
  expect(house.can()).toEqual(['read', 'write']);
  expect([house.accepts(51), house.accepts(52)]).toEqual([false, true]);
});

test('a role that was left before it was known to have been held brings its cutoff along, up to the leaving', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('editor', 60), role('admin', ['read'], 50));
  house.hear(member('admin', 30), { now: 70 });
  expect([house.accepts(51), house.accepts(52)]).toEqual([false, true]);
});

test('leaving a role of which nothing is known cuts off without signing out', () => {
  const house = acme();
  house.hear(member('guest', 0));
  const decided = house.hear(member('viewer', 50));
  expect(cutoff(house)).toBe(second(50));
  expect(revocations(decided)).toEqual([]);
});

test('a role that was deleted unheard of, before another was created by its name, is one of which nothing is known', () => {
  const house = acme();
  house.hear(member('guest', 10, { created: 10 }));
  house.hear(role('guest', ['read'], 60, { id: 'role_guest_2', created: 60 }));
  house.hear(member('viewer', 50, { created: 10 }), { now: 70 });
  expect(cutoff(house)).toBe(second(50));
});

test('nor is anything known of it when another role was given its name', () => {
  const house = acme();
  const before = { id: 'role_helper', created: 5 };
  house.hearAll(role('helper', ['read'], 5, before), member('guest', 10, { created: 10 }));
  house.hear(role('guest', ['read'], 60, before));
  house.hear(member('viewer', 50, { created: 10 }), { now: 70 });
  expect([house.accepts(50), house.accepts(61)]).toEqual([false, true]);
});

test('a role that was created before it was held is left without a cutoff', () => {
  const house = acme();
  house.hear(role('guest', ['read'], 5, { created: 5 }));
  house.hearAll(member('guest', 10, { created: 10 }), member('viewer', 50, { created: 10 }));
  expect(cutoff(house)).toBeNull();
});

test('what was held back for being late may be in tokens all the same', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  house.hear(member('admin', 10), { now: 400 });
  house.hear(member('editor', 401));
  expect(house.can()).toEqual(['read', 'write']);
  expect(house.accepts(401)).toBe(false);
});

test('what a role was told to grant, and was not believed, is cut off on leaving it, without signing out', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  house.hear(role('viewer', ['bill', 'read'], 10), { now: 400 });
  const decided = house.hear(member('editor', 401));
  expect(cutoff(house)).toBe(second(401));
  expect(revocations(decided)).toEqual([]);
});

test('rejoining after a removal cuts off nothing more', () => {
  const house = acme();
  house.hearAll(member('admin', 0), removed(50), member('viewer', 60, { id: 'mem_2', created: 60 }));
  expect(cutoff(house)).toBe(second(50));
  expect(house.accepts(60)).toBe(true);
});

test('a missed role is cut off also while nothing that was told of its holder is believed yet', () => {
  const house = acme();
  house.hear(member('viewer', 10, { created: 10 }), { now: 400 });
  house.hear(member('agent', 30, { created: 10 }), { now: 400 });
  const decided = house.hear(member('admin', 20, { created: 10 }), { now: 401 });
  expect(decided.verdict.outcome).toBe('stale');
  expect(house.can()).toBeNull();
  expect(revocations(decided)).toEqual([]);
  house.hear(member('agent', 30, { created: 10, told: 'observed', at: 500 }));
  expect(house.can()).toEqual(['read', 'talk']);
  expect([house.accepts(30), house.accepts(31)]).toEqual([false, true]);
});
