import { type Decided, type Item, questionsAbout } from '../domain/decide/decide.ts';
import { type Cause, type Decider, decideAndCommit, type Prepared } from './decide-and-commit.ts';
import {
  type Content,
  type Delivery,
  type Log,
  type Reading,
  type StoredDelivery,
  StoreRejected,
  StoreUnavailable,
} from './ports.ts';

/** What the sender is told of one delivery, and what the log is told beside it. */
export type Processed =
  | { readonly outcome: 'duplicate' | 'conflict' | 'wrong_instance' }
  | {
      readonly outcome: 'applied' | 'stale' | 'ignored' | 'held' | 'failed';
      readonly reason: string;
      readonly owed: number;
    };

export type ProcessDeliveries = (deliveries: readonly Delivery[]) => Promise<Processed[]>;

/**
 * The one way in: verified deliveries to facts, in one commit. Answers one for each delivery, in order. A delivery
 * that the database refuses, or that cannot be decided on, never fails its neighbours: the batch is halved until it
 * stands alone, and is then stored as failed. Throws `StoreUnavailable`; what was taken before that is a duplicate when it is sent again.
 */
export function processDeliveries(decider: Decider & { readonly log: Log }): ProcessDeliveries {
  const take: ProcessDeliveries = async (deliveries) => {
    try {
      return await takeTogether(decider, deliveries);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      // Not theirs to suffer for: they are taken when the database fits again.
      if (error instanceof StoreRejected && error.about === 'schema') {
        throw new StoreUnavailable('the schema does not fit', { cause: error });
      }
      const [only] = deliveries;
      if (deliveries.length === 1 && only !== undefined) {
        decider.log.error('delivery_spoilt', { delivery: only.id, problem: problemOf(error) });
        return takeSpoilt(decider, only);
      }
      const half = Math.ceil(deliveries.length / 2);
      const first = await take(deliveries.slice(0, half));
      return [...first, ...(await take(deliveries.slice(half)))];
    }
  };
  return take;
}

/** Our own errors say no more than what happened; others may quote what they stumbled over. */
export function problemOf(error: unknown): string {
  if (error instanceof StoreRejected) return error.message;
  return error instanceof Error ? error.name : typeof error;
}

async function takeTogether(decider: Decider, deliveries: readonly Delivery[]): Promise<Processed[]> {
  let fresh: readonly Delivery[] = [];
  let answers: (Processed | null)[] = [];
  const result = await decideAndCommit(
    decider,
    {
      deliveries: deliveries.map((delivery) => delivery.id),
      items: deliveries.map((delivery) => itemOf(delivery)),
    },
    (reading) => {
      const pin = pinOf(reading, deliveries);
      answers = answerWithoutDeciding(reading, deliveries, pin);
      fresh = deliveries.filter((_, index) => answers[index] === null);
      return fresh.length === 0 ? null : prepare(decider, reading, fresh, pin);
    },
  );
  let next = 0;
  return answers.map((answer, index) => {
    const delivery = deliveries[index];
    if (answer !== null || delivery === undefined) return answer ?? { outcome: 'duplicate' };
    const decided = result?.decided[next];
    next += 1;
    return { ...verdictOf(delivery, decided), owed: result?.committed.owed ?? 0 };
  });
}

function prepare(
  decider: Decider,
  reading: Reading,
  fresh: readonly Delivery[],
  pin: string | null,
): Prepared {
  return {
    causes: fresh.map(
      (delivery): Cause => ({ item: itemOf(delivery), delivery: delivery.id, cause: 'delivery' }),
    ),
    commit: (decided) => ({
      pin: reading.providerInstance === null ? pin : null,
      deliveries: fresh.map(
        (delivery, index): StoredDelivery => ({
          delivery,
          ...verdictOf(delivery, decided[index]),
          keepBody: delivery.content.kind !== 'unknown',
          waitedMs: Math.max(0, decider.clock.now() - delivery.receivedAt),
        }),
      ),
    }),
  };
}

export function itemOf({ content }: Pick<Delivery, 'content'>, repeated = false): Item {
  return {
    evidence: content.kind === 'evidence' ? content.evidence : [],
    questions: content.kind === 'malformed' ? content.questions : [],
    observed: false,
    repeated,
  };
}

export function verdictOf(
  delivery: Pick<Delivery, 'content'>,
  decided: Decided | undefined,
): Pick<StoredDelivery, 'outcome' | 'reason'> {
  if (delivery.content.kind === 'malformed') return { outcome: 'failed', reason: delivery.content.problem };
  if (delivery.content.kind === 'unknown') return { outcome: 'ignored', reason: 'unknown_type' };
  return decided === undefined ? { outcome: 'ignored', reason: 'not_kept' } : decided.verdict;
}

/** The instance this database belongs to, or, before there is one, that of the first delivery that names its own. */
function pinOf(reading: Reading, deliveries: readonly Delivery[]): string | null {
  return (
    reading.providerInstance ??
    deliveries.find((delivery) => delivery.instanceId !== null)?.instanceId ??
    null
  );
}

function answerWithoutDeciding(
  reading: Reading,
  deliveries: readonly Delivery[],
  pin: string | null,
): (Processed | null)[] {
  const held = new Map(reading.deliveries);
  return deliveries.map((delivery) => {
    if (delivery.instanceId !== null && delivery.instanceId !== pin) return { outcome: 'wrong_instance' };
    const known = held.get(delivery.id);
    if (known !== undefined) return { outcome: known === delivery.sha256 ? 'duplicate' : 'conflict' };
    held.set(delivery.id, delivery.sha256);
    return null;
  });
}

/** Stores a delivery whose content was refused, with what to ask the provider instead of believing it. */
async function takeSpoilt(decider: Decider, delivery: Delivery): Promise<Processed[]> {
  try {
    return await takeTogether(decider, [{ ...delivery, content: spoilt(delivery.content) }]);
  } catch (error) {
    if (!(error instanceof StoreRejected)) throw error;
    throw new StoreUnavailable('not even as failed', { cause: error });
  }
}

/** What is left of content that cannot be decided on: what to ask. */
export function spoilt(content: Content): Content {
  const questions =
    content.kind === 'evidence'
      ? content.evidence.flatMap(questionsAbout)
      : content.kind === 'malformed'
        ? content.questions
        : [];
  return { kind: 'malformed', problem: 'refused_by_database', questions };
}
