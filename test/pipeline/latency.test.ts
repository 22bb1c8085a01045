import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countOf, quantile } from '../../src/pipeline/operators/latency.ts';

const bounds = [1, 2, 5, 10, 100];

test('of nobody no latency is known', () => {
  expect(quantile({ bounds, counts: [] }, 0.5)).toBeNull();
  expect(quantile({ bounds, counts: [0, 0, 0, 0, 0, 0] }, 0.99)).toBeNull();
});

test('between two bounds they are taken to lie evenly, and past the last no more is known', () => {
  expect(quantile({ bounds, counts: [0, 0, 0, 10, 0, 0] }, 0.5)).toBe(7.5);
  expect(quantile({ bounds, counts: [0, 0, 0, 10, 0, 0] }, 1)).toBe(10);
  expect(quantile({ bounds, counts: [4, 0, 0, 0, 0, 0] }, 0.5)).toBe(0.5);
  expect(quantile({ bounds, counts: [0, 0, 0, 0, 0, 3] }, 0.5)).toBe(100);
});

test('it lies in the bucket of the true one, and a larger share never takes less', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 99 }),
      (all, percent) => {
        const counts = [...bounds, Number.POSITIVE_INFINITY].map(
          (bound, index) => all.filter((ms) => ms <= bound && ms > (bounds[index - 1] ?? 0)).length,
        );
        const latencies = { bounds, counts };
        expect(countOf(latencies)).toBe(all.length);
        const [told, more] = [quantile(latencies, percent / 100), quantile(latencies, (percent + 1) / 100)];
        const truth = all.toSorted((a, b) => a - b)[Math.ceil((all.length * percent) / 100) - 1] ?? 0;
        const bucket = bounds.findIndex((bound) => truth <= bound);
        expect(told).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0);
        expect(told).toBeLessThanOrEqual(bounds[bucket] ?? 100);
        expect(more).toBeGreaterThanOrEqual(told ?? 0);
      },
    ),
  );
});
