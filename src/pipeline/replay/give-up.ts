import { retryDelay } from '../../domain/retry.ts';
import { decideAndCommit } from '../decide-and-commit.ts';
import type { Delivery, KeptDelivery, RepeatedResult } from '../ports.ts';
import { itemOf, spoilt } from '../process.ts';
import { type Purpose, type Repeater, record, recordAlone, reread } from './repeater.ts';

/** The reason by which the inbox knows what could be decided on another time. */
const REFUSED = 'refused_by_database';

/**
 * A delivery that cannot be decided on this time either. A retry waits for the next one, longer each time; after the
 * last one, and whenever an operator asked for it, it waits for an operator.
 */
export async function giveUp(repeater: Repeater, purpose: Purpose, kept: KeptDelivery): Promise<void> {
  const retryInMs = purpose.replay === null ? retryDelay(kept.attempts ?? 0, repeater.chance()) : null;
  if (retryInMs === null) return bury(repeater, purpose, kept);
  await recordAlone(repeater, purpose, kept, { ...failed(kept), retryInMs, dead: false });
}

/**
 * Left to an operator, and not decided on: whatever it did to the process that tried, it does it no more. What it says
 * is not believed; those it names are asked about.
 */
export async function bury(repeater: Repeater, purpose: Purpose, kept: KeptDelivery): Promise<void> {
  if (!purpose.dryRun) repeater.log.error('delivery_dead', { delivery: kept.id });
  const { delivery } = reread(repeater, kept);
  if (delivery === null) return recordAlone(repeater, purpose, kept, failed(kept));
  await askInstead(repeater, purpose, kept, delivery);
}

async function askInstead(
  repeater: Repeater,
  purpose: Purpose,
  kept: KeptDelivery,
  delivery: Delivery,
): Promise<void> {
  const item = itemOf({ content: spoilt(delivery.content) });
  const store: Repeater['store'] = {
    ...repeater.store,
    commit: (commit) =>
      record(repeater, purpose, [kept], [{ ...failed(kept), owed: commit.effects.length }], commit),
  };
  await decideAndCommit({ ...repeater, store }, { deliveries: [], items: [item] }, () => ({
    causes: [{ item, delivery: kept.id, cause: 'delivery' }],
    commit: () => ({ deliveries: [], pin: null }),
  }));
}

function failed(kept: KeptDelivery): RepeatedResult {
  return {
    delivery: kept.id,
    outcome: 'failed',
    reason: REFUSED,
    differences: [],
    owed: 0,
    attempted: kept.known,
    retryInMs: null,
    dead: true,
  };
}
