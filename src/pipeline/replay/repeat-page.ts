import type { Decided } from '../../domain/decide/decide.ts';
import { type Cause, decideAndCommit } from '../decide-and-commit.ts';
import {
  type Commit,
  type Delivery,
  type KeptDelivery,
  type Reading,
  type RepeatedResult,
  StoreRejected,
  StoreUnavailable,
} from '../ports.ts';
import { itemOf, problemOf, verdictOf } from '../process.ts';
import { differencesOf } from './differences.ts';
import { giveUp } from './give-up.ts';
import { type Purpose, type Repeater, ReplayStopped, type Reread, record, reread } from './repeater.ts';

/**
 * Decides on deliveries once more, together, in one commit that also says what became of each. Their gains are never
 * believed: the provider is asked (rule 5). One on which it breaks never fails its neighbours: the page is halved until
 * it stands alone. A dry run goes the same way, and the database takes back what was decided.
 */
export async function repeatPage(
  repeater: Repeater,
  purpose: Purpose,
  page: readonly KeptDelivery[],
): Promise<void> {
  try {
    await takeTogether(
      repeater,
      purpose,
      page.map((kept) => reread(repeater, kept)),
    );
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof ReplayStopped) throw error;
    if (error instanceof StoreRejected && error.about === 'schema') {
      throw new StoreUnavailable('the schema does not fit', { cause: error });
    }
    const [only] = page;
    if (page.length === 1 && only !== undefined) {
      repeater.log.error('delivery_spoilt', { delivery: only.id, problem: problemOf(error) });
      return giveUp(repeater, purpose, only);
    }
    const half = Math.ceil(page.length / 2);
    await repeatPage(repeater, purpose, page.slice(0, half));
    await repeatPage(repeater, purpose, page.slice(half));
  }
}

/** What one round of reading and deciding has come to; the next round begins anew. */
interface Round {
  reading: Reading | null;
  foreign: ReadonlySet<string>;
  decided: ReadonlyMap<string, Decided | undefined>;
}

async function takeTogether(repeater: Repeater, purpose: Purpose, page: readonly Reread[]): Promise<void> {
  const round: Round = { reading: null, foreign: new Set(), decided: new Map() };
  const present = page.flatMap(({ delivery }) => delivery ?? []);
  const store: Repeater['store'] = {
    ...repeater.store,
    async read(keys) {
      round.reading = await repeater.store.read(keys);
      return round.reading;
    },
    async commit(commit) {
      const results = await resultsOf(repeater, page, round, commit);
      return record(
        repeater,
        purpose,
        page.map(({ kept }) => kept),
        results,
        commit,
      );
    },
  };
  const wanted = { deliveries: [], items: present.map((delivery) => itemOf(delivery, true)) };
  const cause = purpose.replay === null ? 'retry' : `replay:${purpose.replay.id}`;
  await decideAndCommit({ ...repeater, store }, wanted, ({ providerInstance }) => {
    round.foreign = new Set(present.filter((one) => isForeign(one, providerInstance)).map(({ id }) => id));
    const ours = present.filter(({ id }) => !round.foreign.has(id));
    return {
      causes: ours.map((one): Cause => ({ item: itemOf(one, true), delivery: one.id, cause })),
      commit(decided) {
        round.decided = new Map(ours.map(({ id }, index) => [id, decided[index]]));
        return { deliveries: [], pin: null };
      },
    };
  });
}

function isForeign({ instanceId }: Delivery, pinned: string | null): boolean {
  return instanceId !== null && pinned !== null && instanceId !== pinned;
}

async function resultsOf(
  { replays }: Repeater,
  page: readonly Reread[],
  { reading, foreign, decided }: Round,
  commit: Commit,
): Promise<RepeatedResult[]> {
  const differences = reading === null ? null : await differencesOf(replays, reading.facts, commit.changes);
  const verdict = (one: Reread): Pick<RepeatedResult, 'outcome' | 'reason'> => {
    if (one.delivery === null) return one.refused;
    if (foreign.has(one.kept.id)) return { outcome: 'failed', reason: 'wrong_instance' };
    return verdictOf(one.delivery, decided.get(one.kept.id));
  };
  return page.map((one) => ({
    delivery: one.kept.id,
    ...verdict(one),
    differences: differences?.get(one.kept.id) ?? [],
    owed: commit.effects.filter(({ delivery }) => delivery === one.kept.id).length,
    attempted: one.delivery !== null,
    retryInMs: null,
    dead: false,
  }));
}
