import type { FeedChange } from '../ports.ts';

/** How many changes are kept for those who are a little behind. */
const MOST = 2_000;

/** The latest changes, without a gap: all after `from`, up to `head`. */
export class RecentChanges {
  readonly epoch: string;
  #from: number;
  #changes: FeedChange[] = [];

  constructor(epoch: string, from: number) {
    this.epoch = epoch;
    this.#from = from;
  }

  get head(): number {
    return this.#from + this.#changes.length;
  }

  /** @param changes those right after `head`. */
  add(changes: readonly FeedChange[]): void {
    this.#changes.push(...changes);
    const surplus = this.#changes.length - MOST;
    if (surplus <= 0) return;
    this.#changes = this.#changes.slice(surplus);
    this.#from += surplus;
  }

  /** All after a revision; null when some of them are not known any more. */
  after(revision: number): readonly FeedChange[] | null {
    return revision < this.#from ? null : this.#changes.slice(revision - this.#from);
  }
}
