import type { Random } from '../random.ts';
import type { Timers } from './pending.ts';

/** Holds things back and lets them go in another order than they came. */
export const createShuffler = (random: Random, timers: Timers) => {
  let held: (() => void)[] = [];
  let round = 0;
  const flush = () => {
    const free = random.shuffled(held);
    held = [];
    for (const go of free) go();
  };
  return {
    hold: (go: () => void, window: number, ms: number): void => {
      held.push(go);
      round += 1;
      const mine = round;
      if (held.length >= window) held.splice(random.below(held.length), 1)[0]?.();
      // Only the last one to come lets the rest go: a pause is what ends the holding back.
      timers.after(ms, () => {
        if (mine === round) flush();
      });
    },
    flush,
    drop: (): void => {
      held = [];
    },
  };
};
