/** Whoever has a session has pages open, each with one; past this they are being collected. */
const MOST_OF_A_USER = 32;

/** How many streams each user has open in this process. */
export interface OpenStreams {
  /** Null where there are too many; else what counts it no more, once or often. */
  open(userId: string): (() => void) | null;
}

export function openStreams(most = MOST_OF_A_USER): OpenStreams {
  const counts = new Map<string, number>();
  return {
    open(userId) {
      const before = counts.get(userId) ?? 0;
      if (before >= most) return null;
      counts.set(userId, before + 1);
      let counted = true;
      return () => {
        if (!counted) return;
        counted = false;
        const left = (counts.get(userId) ?? 1) - 1;
        if (left === 0) counts.delete(userId);
        else counts.set(userId, left);
      };
    },
  };
}
