import type { Measured } from './target.ts';

const MIB = 2 ** 20;

/**
 * What the server may hold more of at the end than after its warm-up, everything unreachable collected. Caches that have
 * a limit and code that is compiled late fill within the first quarter, and moved by less than 2 MiB in any run; what is
 * kept for each request and never let go of is found from 1 KiB (short) or 60 bytes (long) a request on.
 */
export const MOST_HEAP = 4 * MIB;
/** The system's view. An allocator gives back what it likes, so that only a great deal means something. */
export const MOST_RSS = 96 * MIB;

export interface Growth {
  readonly heap: number;
  readonly rss: number;
  readonly open: number;
}

/** From the end of the first quarter to the last measurement. */
export function growthOf(measured: readonly Measured[]): Growth {
  const first = measured[Math.floor(measured.length / 4)];
  const last = measured.at(-1);
  if (first === undefined || last === undefined) throw new Error('nothing was measured');
  return { heap: last.heap - first.heap, rss: last.rss - first.rss, open: last.open };
}

export const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
