import { type Decided, type Item, questionsAbout } from '../../domain/decide/decide.ts';
import type { Evidence, Snapshot } from '../../domain/evidence.ts';
import { decideAndCommit } from '../decide-and-commit.ts';
import {
  type CausedEffect,
  type Drift,
  type DriftOutcome,
  type LeasedReconciliation,
  type ProviderPage,
  type Reading,
  type ReconciledPage,
  StoreRejected,
  StoreUnavailable,
} from '../ports.ts';
import { problemOf } from '../process.ts';
import { reconciliationCause } from './cause.ts';
import { contradictionOf } from './contradiction.ts';
import { driftOf } from './drift.ts';
import { type Reconciler, ReconciliationStopped, record } from './reconciler.ts';

type Page = Pick<ProviderPage, 'evidence' | 'unreadable'>;

/** What differs is decided on in commits of so many: a fresh event never waits long for the rows they touch. */
const MOST_TOGETHER = 100;

/**
 * Compares a page of the provider's with what is held to be true, and decides on what differs: one reading and one
 * commit, which also says where the next page begins. Where much differs the page is taken in parts, each of which
 * starts from the reading of the page and reads again only where it has moved; where one breaks the others it is halved.
 */
export async function takePage(
  reconciler: Reconciler,
  leased: LeasedReconciliation,
  page: Page,
  next: ReconciledPage['next'],
  read: Reading | null = null,
): Promise<void> {
  const { evidence, unreadable } = page;
  let parts = 2;
  let reading: Reading | null = null;
  try {
    const left = await takeTogether(reconciler, leased, page, next, read);
    if (left === null) return;
    parts = Math.ceil(left.many / MOST_TOGETHER);
    reading = left.reading;
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof ReconciliationStopped) throw error;
    if (error instanceof StoreRejected && error.about === 'schema') {
      throw new StoreUnavailable('the schema does not fit', { cause: error });
    }
    const [only] = evidence;
    if (evidence.length <= 1 && only !== undefined) {
      reconciler.log.error('reconciled_spoilt', { kind: only.kind, problem: problemOf(error) });
      return leaveOut(reconciler, leased, only, listedIn(page), next);
    }
    if (evidence.length === 0) throw error;
  }
  const size = Math.ceil(evidence.length / parts);
  for (let at = 0; at < evidence.length; at += size) {
    const part = { evidence: evidence.slice(at, at + size), unreadable: at === 0 ? unreadable : [] };
    await takePage(reconciler, leased, part, at + size < evidence.length ? null : next, reading);
  }
}

interface Found {
  readonly evidence: Evidence;
  readonly drift: Drift;
}

/** Null when it was taken. How many differ where that is more than is decided on at once: then nothing was written. */
async function takeTogether(
  reconciler: Reconciler,
  leased: LeasedReconciliation,
  page: Page,
  next: ReconciledPage['next'],
  read: Reading | null,
): Promise<{ readonly many: number; readonly reading: Reading } | null> {
  let known = read;
  let left: { readonly many: number; readonly reading: Reading } | null = null;
  let found: readonly Found[] = [];
  let contradicted: readonly Found[] = [];
  let decided: readonly Decided[] = [];
  const store: Reconciler['store'] = {
    ...reconciler.store,
    async read(keys) {
      const reading = known ?? (await reconciler.store.read(keys));
      known = null;
      return reading;
    },
    commit: (commit) =>
      record(
        reconciler,
        leased,
        {
          ...commit,
          effects: [
            ...commit.effects,
            ...found.flatMap(({ evidence }, at) => askAgain(evidence, decided[at])),
          ],
        },
        {
          listed: listedIn(page),
          drift: [
            ...found.flatMap(({ drift }, at) => told(drift, decided[at], leased)),
            ...contradicted.map(({ drift }) => ({ ...drift, outcome: 'found' as const })),
          ],
          next,
        },
      ),
  };
  await decideAndCommit(
    { ...reconciler, store },
    { deliveries: [], items: page.evidence.map(itemOf) },
    (reading) => {
      const { facts } = reading;
      found = differing(page.evidence, (evidence) => driftOf(facts, evidence));
      contradicted = differing(page.evidence, (evidence) => contradictionOf(facts, evidence));
      left = found.length > MOST_TOGETHER ? { many: found.length, reading } : null;
      if (left !== null) return null;
      return {
        causes: found.map(({ evidence }) => ({
          item: itemOf(evidence),
          delivery: null,
          cause: reconciliationCause(leased.id),
        })),
        commit(verdicts) {
          decided = verdicts;
          return { deliveries: [], pin: null };
        },
      };
    },
  );
  return left;
}

/** Pages overlap, and shift: what is listed twice differs once. */
function differing(page: readonly Evidence[], compare: (one: Snapshot) => Drift | null): readonly Found[] {
  const found = new Map<string, Found>();
  for (const evidence of page) {
    const drift = 'told' in evidence ? compare(evidence) : null;
    if (drift !== null) found.set(drift.subject, { evidence, drift });
  }
  return [...found.values()];
}

/** What the database refuses, or we cannot decide on: its neighbours are taken without it, and it is asked about. */
async function leaveOut(
  reconciler: Reconciler,
  leased: LeasedReconciliation,
  evidence: Evidence,
  listed: readonly string[],
  next: ReconciledPage['next'],
): Promise<void> {
  const item: Item = { evidence: [], questions: questionsAbout(evidence), observed: true, repeated: false };
  const store: Reconciler['store'] = {
    ...reconciler.store,
    commit: (commit) => record(reconciler, leased, commit, { listed, drift: [], next }),
  };
  await decideAndCommit({ ...reconciler, store }, { deliveries: [], items: [item] }, () => ({
    causes: [{ item, delivery: null, cause: reconciliationCause(leased.id) }],
    commit: () => ({ deliveries: [], pin: null }),
  }));
}

function itemOf(evidence: Evidence): Item {
  return { evidence: [evidence], questions: [], observed: true, repeated: false };
}

/** Of what is no membership, an id more or less says nothing. */
function listedIn({ evidence, unreadable }: Page): string[] {
  return [...unreadable, ...evidence.flatMap((one) => (one.kind === 'membership' ? one.id : []))];
}

/** What turned out to be no news after all is no drift. */
function told(
  drift: Drift,
  decided: Decided | undefined,
  { dryRun }: LeasedReconciliation,
): (Drift & { readonly outcome: DriftOutcome })[] {
  const outcome = decided?.verdict.outcome;
  if (outcome === 'stale' || outcome === 'ignored') return [];
  return [{ ...drift, outcome: dryRun ? 'found' : outcome === 'applied' ? 'repaired' : 'asked' }];
}

/** An answer from before what is already known settles nothing: the provider is asked again. */
function askAgain(evidence: Evidence, decided: Decided | undefined): CausedEffect[] {
  if (decided?.verdict.outcome !== 'held') return [];
  return questionsAbout(evidence).map((effect) => ({ effect, delivery: null }));
}
