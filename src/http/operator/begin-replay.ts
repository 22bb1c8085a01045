import type { ReplayRequest } from '../../pipeline/ports.ts';
import { runReplay } from '../../pipeline/replay/run-replays.ts';
import type { Services } from '../services.ts';

/** A few deliveries are decided on while the operator waits; the rest goes on without them. */
const WAIT_MS = 3_000;

/** Starts a replay and waits a little for its end. */
export async function beginReplay(
  services: Services,
  request: ReplayRequest,
): Promise<{ readonly id: number; readonly ended: boolean }> {
  const { repeater, clock, log } = services;
  const { id, joined } = await repeater.replays.startReplay(request);
  log.info('replay_started', { replay: id, by: request.by, dry_run: request.dryRun, joined });
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const ended = await runReplay({ ...repeater, sleep }, id, clock.now() + WAIT_MS);
  if (!ended) services.replaySoon();
  services.dispatchSoon();
  return { id, ended };
}
