import { type Decided, decide, type Item } from '../domain/decide/decide.ts';
import { factKeys } from './fact-keys.ts';
import {
  type CausedChange,
  type CausedEffect,
  type Clock,
  type Commit,
  type Committed,
  type Conduct,
  type Reading,
  type Store,
  StoreUnavailable,
} from './ports.ts';
import { isFirstNews, isPlain } from './presumable.ts';

export interface Decider extends Conduct {
  readonly store: Store;
  readonly clock: Clock;
}

/** One thing to decide on, and what its changes and effects are said to come from. */
export interface Cause {
  readonly item: Item;
  readonly delivery: string | null;
  readonly cause: string;
}

/** What a reading makes of the request: which causes are new, and what the commit carries beside the decision. */
export interface Prepared {
  readonly causes: readonly Cause[];
  commit(decided: readonly Decided[]): Pick<Commit, 'deliveries' | 'pin'>;
}

/** Each loser of a race knows more than before; as many rounds as this are only lost when the database is overrun. */
const MOST_ROUNDS = 60;

/**
 * Read, decide, commit; and again while somebody else was faster (two round trips a round). What is likely to be news
 * is decided on unread first: when that was wrong, the commit refuses. The request is prepared anew from every reading.
 * Null when a reading left nothing to decide and nothing to store.
 */
export async function decideAndCommit(
  decider: Decider,
  wanted: { readonly deliveries: readonly string[]; readonly items: readonly Item[] },
  prepare: (reading: Reading) => Prepared | null,
): Promise<{ readonly decided: readonly Decided[]; readonly committed: Committed } | null> {
  const evidence = wanted.items.flatMap((item) => item.evidence);
  const keys = factKeys(wanted.deliveries, evidence);
  let presumed = isFirstNews(wanted.items) ? decider.store.presume(keys) : null;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const reading = presumed ?? (await decider.store.read(keys));
    presumed = null;
    const prepared = prepare(reading);
    if (prepared === null) return null;
    const { draft, items } = decide(
      reading.facts,
      prepared.causes.map((cause) => cause.item),
      { now: decider.clock.now(), consequences: decider.consequences },
    );
    if (reading.basis.presumed && !isPlain(draft)) continue;
    const committed = await decider.store.commit({
      ...prepared.commit(items),
      basis: reading.basis,
      draft,
      policy: null,
      changes: items.flatMap((item, index) => changesOf(item, prepared.causes[index])),
      effects: items.flatMap((item, index) => effectsOf(item, prepared.causes[index])),
      observe: decider.mode === 'observe',
    });
    if (committed !== 'moved') return { decided: items, committed };
  }
  throw new StoreUnavailable('the rows decided on kept moving');
}

function changesOf(decided: Decided, from: Cause | undefined): CausedChange[] {
  return decided.changes.map((change) => ({
    change,
    delivery: from?.delivery ?? null,
    cause: from?.cause ?? 'unknown',
  }));
}

function effectsOf(decided: Decided, from: Cause | undefined): CausedEffect[] {
  return decided.effects.map((effect) => ({ effect, delivery: from?.delivery ?? null }));
}
