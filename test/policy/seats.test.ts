import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seatsOf } from '../../src/policy/index.ts';

test('without a word about seats every member is paid', () => {
  expect(seatsOf({ seats: {} }, { boss: 1, aide: 2 })).toEqual({
    total: 3,
    free: 0,
    paid: 3,
    paidByRole: { boss: 1, aide: 2 },
  });
});

test('a free role without a limit is free, however many hold it', () => {
  expect(seatsOf({ seats: { free: [{ role: 'guest' }] } }, { boss: 1, guest: 500 })).toEqual({
    total: 501,
    free: 500,
    paid: 1,
    paidByRole: { boss: 1, guest: 0 },
  });
});

test('free seats that start at a size count everybody, the free ones included', () => {
  const policy = { seats: { free: [{ role: 'admin', upTo: 1, fromSeats: 5 }] } };
  expect([4, 5, 6].map((total) => seatsOf(policy, { admin: 2, agent: total - 2 }).paid)).toEqual([4, 4, 5]);
});

test('a role that the policy does not know is paid', () => {
  expect(seatsOf({ seats: { free: [{ role: 'guest' }] } }, { stranger: 1 }).paid).toBe(1);
});

test('however members are spread, free and paid seats are all seats, and none is paid twice', () => {
  const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat(20));
  const limit = fc.record({ role: fc.constantFrom('a', 'b'), upTo: fc.nat(5), fromSeats: fc.nat(30) });
  fc.assert(
    fc.property(counts, limit, (roleCounts, rule) => {
      const { total, free, paid, paidByRole } = seatsOf({ seats: { free: [rule] } }, roleCounts);
      expect(free + paid).toBe(total);
      expect(free).toBeLessThanOrEqual(rule.upTo);
      expect(Object.values(paidByRole).reduce((sum, count) => sum + count, 0)).toBe(paid);
    }),
  );
});
