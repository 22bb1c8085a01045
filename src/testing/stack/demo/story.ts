import { clerkIsDown } from './chapters/clerk-is-down.ts';
import { databaseIsDown } from './chapters/database-is-down.ts';
import { everybody } from './chapters/everybody.ts';
import { forgeries } from './chapters/forgeries.ts';
import { joining } from './chapters/joining.ts';
import { onceMore } from './chapters/once-more.ts';
import { outOfOrder, tenMinutesAgo } from './chapters/out-of-order.ts';
import { suspension } from './chapters/suspension.ts';
import type { Story } from './play.ts';
import type { Scene } from './scene.ts';

/** What the demo shows, step by step. The clock of the scene stands ten minutes behind when it begins. */
export const story =
  (scene: Scene): Story =>
  async (step) => {
    const past = tenMinutesAgo(scene);
    const chapters = [
      joining,
      outOfOrder(past),
      everybody,
      suspension,
      clerkIsDown,
      databaseIsDown,
      forgeries,
      onceMore,
    ];
    for (const chapter of chapters) await chapter(step, scene);
  };
