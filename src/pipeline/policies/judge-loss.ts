import type { Holders } from '../ports.ts';

/** So few may lose access without anybody being asked, and this share of many. */
export const TOLERATED_LOSS = { few: 20, share: 0.05 };

/** What is inferred, not told by the provider, waits for an operator when it takes access from more than this. */
export function losesTooMany({ losing, members, organizations }: Holders): boolean {
  return [{ losing, members }, ...organizations].some(
    (one) => one.losing > Math.max(TOLERATED_LOSS.few, TOLERATED_LOSS.share * one.members),
  );
}
