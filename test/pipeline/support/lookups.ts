import type { Rig, Worker } from '../../support/rig.ts';

/** What is owed and due, until nothing is. */
export async function answerLookups(rig: Rig, worker: Worker): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await worker.dispatch();
    await rig.hurry();
  }
}
