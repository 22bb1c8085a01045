/** Of unsorted times; NaN where there are none. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = Float64Array.from(times).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function middle(times: readonly number[]): number {
  return quantile(times, 0.5);
}

export function quantiles(times: readonly number[]): string {
  return `${middle(times).toFixed(1)} ms (p99 ${quantile(times, 0.99).toFixed(1)} ms)`;
}

/** The middle one of so many runs, in milliseconds, after a few that are not counted. */
export function median(runs: number, run: () => unknown): number {
  for (let warm = 0; warm < 3; warm += 1) run();
  const times = Array.from({ length: runs }, () => {
    const from = performance.now();
    run();
    return performance.now() - from;
  });
  return middle(times);
}
