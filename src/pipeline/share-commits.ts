import { type Delivery, StoreUnavailable } from './ports.ts';
import type { ProcessDeliveries, Processed } from './process.ts';

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: (processed: Processed) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_TOGETHER = 256;
/** As many as make a commit beside another one worth what it costs by itself. */
const FEWEST_BESIDE = 8;
/** Of bodies in one commit: hundreds of the largest would be one statement of a hundred megabytes. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * Lets concurrent requests of one process share a commit: while one is in flight the next batch gathers, so there is
 * no timer and a lone request waits for nobody. Each answer still waits for the commit that carries it.
 *
 * Two are in flight where there is enough to do: while the database works on one, the other is decided. The second one
 * starts as soon as it is as large as the first, since what a commit costs by itself is shared by fewer otherwise.
 */
export function shareCommits(process: ProcessDeliveries): (delivery: Delivery) => Promise<Processed> {
  let waiting: Waiting[] = [];
  const inFlight = new Set<readonly Waiting[]>();

  const isWorthIt = () => {
    const [first, second] = inFlight;
    if (first === undefined) return waiting.length > 0;
    return second === undefined && waiting.length >= Math.max(first.length, FEWEST_BESIDE);
  };

  const start = async (): Promise<void> => {
    const batch = waiting.slice(0, batchSize(waiting));
    waiting = waiting.slice(batch.length);
    inFlight.add(batch);
    const unavailable = await settle(process, batch);
    inFlight.delete(batch);
    if (unavailable !== null) {
      // Whoever gathered meanwhile is told at once: a sender that waits for several deadlines has long gone.
      for (const one of waiting) one.reject(unavailable);
      waiting = [];
    }
    while (isWorthIt()) void start();
  };

  return (delivery) =>
    new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      if (isWorthIt()) void start();
    });
}

/** At least one, and of the next ones as many as go together. */
function batchSize(waiting: readonly Waiting[]): number {
  let bytes = 0;
  const end = waiting.findIndex((one, index) => {
    bytes += one.delivery.body.byteLength;
    return index === MOST_TOGETHER || (index > 0 && bytes > MOST_BYTES);
  });
  return end === -1 ? waiting.length : end;
}

/** Answers a batch. What kept the database from taking it, if anything did: it would keep the next ones waiting too. */
async function settle(
  process: ProcessDeliveries,
  batch: readonly Waiting[],
): Promise<StoreUnavailable | null> {
  try {
    const processed = await process(batch.map((one) => one.delivery));
    batch.forEach((one, index) => {
      const answer = processed[index];
      if (answer === undefined) one.reject(new Error('a delivery was left without an answer'));
      else one.resolve(answer);
    });
  } catch (error) {
    for (const one of batch) one.reject(error);
    return error instanceof StoreUnavailable ? error : null;
  }
  return null;
}
