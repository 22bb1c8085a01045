import type { Decider } from '../decide-and-commit.ts';
import {
  type Commit,
  type Committed,
  type Delivery,
  type KeptDelivery,
  type Log,
  type RepeatedResult,
  type ReplayStore,
  StoreUnavailable,
  type Webhooks,
} from '../ports.ts';

export interface Repeater extends Decider {
  readonly replays: ReplayStore;
  readonly webhooks: Pick<Webhooks, 'reread'>;
  readonly log: Log;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** For whom deliveries are decided on once more: a page of a replay, or nobody, where it is a retry. */
export interface Purpose {
  readonly replay: { readonly id: number; readonly token: string } | null;
  readonly dryRun: boolean;
}

/** The replay was cancelled, or somebody else carries it out: nothing of this page was written. */
export class ReplayStopped extends Error {
  override readonly name = 'ReplayStopped';
}

/** One row of the inbox: what it says, or why it cannot be decided on. */
export type Reread =
  | { readonly kept: KeptDelivery; readonly delivery: Delivery }
  | {
      readonly kept: KeptDelivery;
      readonly delivery: null;
      readonly refused: Pick<RepeatedResult, 'outcome' | 'reason'>;
    };

export function reread({ webhooks }: Pick<Repeater, 'webhooks'>, kept: KeptDelivery): Reread {
  const refused = (outcome: RepeatedResult['outcome'], reason: string): Reread => ({
    kept,
    delivery: null,
    refused: { outcome, reason },
  });
  if (!kept.known) return refused('not_found', 'not_found');
  if (kept.body === null) return refused('no_payload', 'no_payload');
  const delivery = webhooks.reread({ ...kept, body: kept.body });
  return 'refused' in delivery ? refused('failed', delivery.refused) : { kept, delivery };
}

/** Writes what became of a page, with the decision where there is one, which the database takes back of a dry run. */
export async function record(
  { replays }: Pick<Repeater, 'replays'>,
  { replay }: Purpose,
  page: readonly KeptDelivery[],
  results: readonly RepeatedResult[],
  commit: Commit | null,
): Promise<Committed | 'moved'> {
  const last = page.at(-1);
  const after = last?.receivedAt == null ? null : { receivedAt: last.receivedAt, id: last.id };
  const committed = await replays.commitRepeated(commit, { replay, results, after });
  if (committed === 'stopped') throw new ReplayStopped('the replay has stopped');
  return committed;
}

/** The same where nothing was decided: there is no race to lose but with a deadlock. */
export async function recordAlone(
  repeater: Pick<Repeater, 'replays'>,
  purpose: Purpose,
  kept: KeptDelivery,
  result: RepeatedResult,
): Promise<void> {
  if ((await record(repeater, purpose, [kept], [result], null)) === 'moved') {
    throw new StoreUnavailable('the result was not written');
  }
}
