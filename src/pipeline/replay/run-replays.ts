import { MOST_ATTEMPTS } from '../../domain/retry.ts';
import type { KeptDelivery, LeasedReplay } from '../ports.ts';
import { bury } from './give-up.ts';
import { repeatPage } from './repeat-page.ts';
import { type Purpose, type Repeater, ReplayStopped, reread } from './repeater.ts';

/** In one commit: small enough that a fresh event never waits long for the rows it touches. */
const PAGE = 100;
const RETRIES = 10;

/** Longer than a page may take; past it somebody else goes on where it stood. */
const LEASE_MS = 60_000;

/** A page that was begun so often and never ended is one delivery by then: it is left out. */
const MOST_BEGUN = 5;

const RETRY: Purpose = { replay: null, dryRun: false };

/**
 * The lane of what is decided once more: failed deliveries that are due, and a page of each replay in turn, until there
 * is nothing left, the time is up or `stopping`. It uses one connection at a time and asks the provider for nothing.
 * @returns how many deliveries were decided on.
 */
export async function runReplays(
  repeater: Repeater,
  untilMs: number,
  stopping: () => boolean = () => false,
): Promise<number> {
  const { clock, replays } = repeater;
  let done = 0;
  while (clock.now() < untilMs && !stopping()) {
    const due = await replays.leaseRetries(RETRIES, LEASE_MS);
    // One by one: those that failed alone may do so again.
    for (const kept of due) await retry(repeater, kept);
    const leased = await replays.leaseReplay(null, PAGE, LEASE_MS);
    if (leased !== null) await carryOut(repeater, leased);
    if (due.length === 0 && leased === null) break;
    done += due.length + (leased !== null && 'deliveries' in leased ? leased.deliveries.length : 0);
  }
  return done;
}

/**
 * One replay, by whoever waits for it, until it has ended or the time is up. Somebody else may carry out pages of it
 * meanwhile.
 * @returns whether it has ended.
 */
export async function runReplay(
  repeater: Repeater & { readonly sleep: (ms: number) => Promise<void> },
  id: number,
  untilMs: number,
  progress: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  const { clock, replays } = repeater;
  for (;;) {
    const leased = await replays.leaseReplay(id, PAGE, LEASE_MS);
    if (leased !== null) await carryOut(repeater, leased);
    else if ((await replays.readReplay(id))?.status !== 'running') return true;
    await progress();
    if (clock.now() >= untilMs) return (await replays.readReplay(id))?.status !== 'running';
    if (leased === null) await repeater.sleep(50);
  }
}

async function retry(repeater: Repeater, kept: KeptDelivery): Promise<void> {
  // Attempts are counted when they start: whatever ended the ones before, it ended their processes too.
  const spent = (kept.attempts ?? 0) > MOST_ATTEMPTS;
  if (spent || reread(repeater, kept).delivery === null) return bury(repeater, RETRY, kept);
  await repeatPage(repeater, RETRY, [kept]);
  repeater.log.info('delivery_retried', { delivery: kept.id, attempt: kept.attempts });
}

async function carryOut(
  repeater: Repeater,
  leased: LeasedReplay | { readonly id: number; readonly ended: true },
): Promise<void> {
  if (!('deliveries' in leased)) {
    repeater.log.info('replay_ended', { replay: leased.id });
    return;
  }
  const { id, token, dryRun, begun, deliveries } = leased;
  const purpose: Purpose = { replay: { id, token }, dryRun };
  const [first] = deliveries;
  try {
    if (begun > MOST_BEGUN && first !== undefined) await bury(repeater, purpose, first);
    else await repeatPage(repeater, purpose, deliveries);
    repeater.log.info('replay_page', { replay: id, deliveries: deliveries.length, dry_run: dryRun });
  } catch (error) {
    if (!(error instanceof ReplayStopped)) throw error;
    repeater.log.info('replay_stopped', { replay: id });
  }
  await repeater.replays.releaseReplay(leased);
}
