import type { Latencies } from '../ports.ts';

export function countOf({ counts }: Latencies): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * How long the share from 0 to 1 took at most, in milliseconds, as far as buckets tell: between two bounds they are
 * taken to lie evenly. Of what took longer than the last bound no more than that bound is known. Null where there are
 * none.
 */
export function quantile(latencies: Latencies, share: number): number | null {
  const { bounds, counts } = latencies;
  const rank = countOf(latencies) * share;
  if (rank === 0) return null;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const from = bounds[bucket - 1] ?? 0;
      const to = bounds[bucket] ?? from;
      return Math.round((from + (to - from) * ((rank - below) / count)) * 10) / 10;
    }
    below += count;
  }
  return null;
}
