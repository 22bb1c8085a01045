import type { Mode, UpkeepStore } from '../../../src/pipeline/ports.ts';
import type { Retention } from '../../../src/pipeline/upkeep/forget-old.ts';
import { runUpkeep } from '../../../src/pipeline/upkeep/run-upkeep.ts';
import { postgresUpkeepStore } from '../../../src/store/postgres/upkeep-store.ts';
import type { Worker } from '../../support/rig.ts';

export interface TestKeeper {
  readonly upkeep: UpkeepStore;
  /** What a process does once a minute. */
  run(): Promise<void>;
}

/** A process that looks after the database of the worker's rig. */
export function keeperOf(
  { store, statements, dispatcher }: Worker,
  options: { readonly mode?: Mode; readonly retention?: Retention } = {},
): TestKeeper {
  const upkeep = postgresUpkeepStore(statements);
  const { clock, log } = dispatcher;
  const keeper = {
    ...{ store, upkeep, clock, log },
    mode: options.mode ?? 'enforce',
    notedMode: { noted: false },
    retention: options.retention ?? { payloadDays: 30, changeDays: null },
  };
  return { upkeep, run: () => runUpkeep(keeper, Number.POSITIVE_INFINITY) };
}
