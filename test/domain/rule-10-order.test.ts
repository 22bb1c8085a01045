import { expect, test } from 'vitest';
import type { Evidence } from '../../src/domain/evidence.ts';
import { House, member, removed, role, user } from './support/house.ts';

// One story in all its orders; the random ones are in history.property.test.ts.

const story: readonly Evidence[] = [
  role('viewer', ['read']),
  role('editor', ['read', 'write']),
  member('editor', 1, { created: 1 }),
  removed(10, { created: 1 }),
  member('viewer', 20, { id: 'mem_2', created: 20 }),
  user(30, { suspended: true }),
  user(40),
];

function* orders<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield [];
  for (const [index, first] of list.entries()) {
    for (const rest of orders(list.toSpliced(index, 1))) yield [first, ...rest];
  }
}

test('a story of seven messages ends the same in all its 5040 orders, and no older token passes', () => {
  for (const order of orders(story)) {
    const house = new House();
    for (const told of order) house.hear(told, { now: 50 });
    expect(house.can()).toEqual(['read']);
    for (const minted of [1, 9, 19, 30]) expect(house.accepts(minted)).toBe(false);
    expect(house.accepts(51)).toBe(true);
  }
});
