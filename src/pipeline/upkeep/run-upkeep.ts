import type { Clock, Log, Mode, Store, UpkeepStore } from '../ports.ts';
import { forgetOld, type Retention } from './forget-old.ts';

/** Whether the mode of this process is in the trail: plain data, so that a worker may keep it between requests. */
export interface NotedMode {
  noted: boolean;
}

export interface Keeper {
  readonly store: Pick<Store, 'readReadiness'>;
  readonly upkeep: UpkeepStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly mode: Mode;
  readonly notedMode: NotedMode;
  readonly retention: Retention;
}

/** What every process does once in a while: mostly nothing, since one of them has done it. */
export async function runUpkeep(
  keeper: Keeper,
  untilMs: number,
  stopping: () => boolean = () => false,
): Promise<void> {
  const { store, upkeep, mode, notedMode } = keeper;
  notedMode.noted ||= await upkeep.noteMode(mode);
  // Ends what a restored database waits for, also where nobody asks over HTTP.
  await store.readReadiness();
  await forgetOld(keeper, untilMs, stopping);
}
