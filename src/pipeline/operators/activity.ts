import type { StatusStore, StoredActivity } from '../ports.ts';
import { quantile } from './latency.ts';

/** A day: as far as minutes are kept. */
export const MOST_MINUTES = 24 * 60;

export interface Activity {
  readonly stepSeconds: number;
  readonly points: readonly (Omit<StoredActivity['points'][number], 'refused'> & {
    readonly refusedP50Ms: number | null;
    readonly refusedP99Ms: number | null;
  })[];
}

/** What happened in the last minutes, in at most 120 steps, for charts. */
export async function readActivity(statuses: StatusStore, minutes: number): Promise<Activity> {
  const { stepSeconds, bounds, points } = await statuses.readActivity(minutes);
  return {
    stepSeconds,
    points: points.map(({ refused, ...point }) => ({
      ...point,
      refusedP50Ms: quantile({ bounds, counts: refused }, 0.5),
      refusedP99Ms: quantile({ bounds, counts: refused }, 0.99),
    })),
  };
}
