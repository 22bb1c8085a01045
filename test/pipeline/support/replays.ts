import type { DeliveryFilter, ReplaySelection } from '../../../src/pipeline/ports.ts';
import { runReplay, runReplays } from '../../../src/pipeline/replay/run-replays.ts';
import { clerkWebhooks } from '../../../src/provider/clerk/webhooks.ts';
import { postgresReplayStore } from '../../../src/store/postgres/replay-store.ts';
import type { Rig, Worker } from '../../support/rig.ts';

export const ALL: DeliveryFilter = {
  status: null,
  type: null,
  organizationId: null,
  userId: null,
  from: null,
  to: null,
};

/** What replays through one worker. */
export function replayer(rig: Rig, worker: Worker) {
  const replays = postgresReplayStore(worker.statements);
  const repeater = {
    ...worker.dispatcher,
    replays,
    webhooks: clerkWebhooks([rig.clerk.signingSecret]),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const forever = Number.POSITIVE_INFINITY;
  return {
    replays,
    repeater,
    start: (selection: ReplaySelection, dryRun = false) =>
      replays.startReplay({ selection, dryRun, by: 'ann', reason: 'a test' }),
    run: () => runReplays(repeater, forever),
    /** Starts one and carries it out; what became of each delivery. */
    async replay(selection: ReplaySelection, dryRun = false) {
      const { id } = await replays.startReplay({ selection, dryRun, by: 'ann', reason: 'a test' });
      await runReplay(repeater, id, forever);
      const replay = await replays.readReplay(id);
      return { id, replay, results: await replays.readReplayed(id, 0, 10_000) };
    },
  };
}
