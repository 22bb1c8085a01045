/** Three times as long as any token lives that a guard accepts: a cutoff from before refuses nobody. */
export const CUTOFFS_MATTER_MS = 15 * 60_000;

const FEW = 1_000;

/** The latest cutoffs by what they name. Those too old to refuse any token are forgotten now and then. */
export interface RecentCutoffs {
  raise(id: string, at: number): void;
  /** Milliseconds; 0 for none. */
  of(id: string): number;
  readonly size: number;
}

export function recentCutoffs(): RecentCutoffs {
  const cutoffs = new Map<string, number>();
  // The server's time, by what it told: a clock of ours that is wrong must not make us forget.
  let latest = 0;
  let many = FEW;
  const forget = (): void => {
    for (const [id, at] of cutoffs) if (at < latest - CUTOFFS_MATTER_MS) cutoffs.delete(id);
    // Twice of what is left, so that all of it is looked at once for as many that come.
    many = Math.max(FEW, cutoffs.size * 2);
  };
  return {
    raise(id, at) {
      latest = Math.max(latest, at);
      if (at <= (cutoffs.get(id) ?? 0)) return;
      cutoffs.set(id, at);
      if (cutoffs.size > many) forget();
    },
    of: (id) => cutoffs.get(id) ?? 0,
    get size() {
      return cutoffs.size;
    },
  };
}
