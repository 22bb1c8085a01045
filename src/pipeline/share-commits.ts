import { type Delivery, StoreUnavailable } from './ports.ts';
import { isFirstNews } from './presumable.ts';
import { itemOf, type ProcessDeliveries, type Processed } from './process.ts';

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
 * Who joins is decided on unread (decision 32) and takes nothing from anybody. All else is read first, and may take
 * access away: one such among many who join would have them all read, and wait for as many to be gathered.
 */
type Lane = 'joining' | 'other';

interface Batch {
  readonly lane: Lane;
  readonly together: readonly Waiting[];
}

/**
 * Lets concurrent requests of one process share a commit: while one is in flight the next batch gathers, so there is
 * no timer and a lone request waits for nobody. Each answer still waits for the commit that carries it.
 *
 * Two are in flight where there is enough to do: while the database works on one, the other is decided. Beside one of
 * the other lane it starts at once; beside one of its own as soon as it is as large, since what a commit costs by itself
 * is shared by fewer otherwise.
 */
export function shareCommits(process: ProcessDeliveries): (delivery: Delivery) => Promise<Processed> {
  const waiting: Record<Lane, Waiting[]> = { joining: [], other: [] };
  const inFlight = new Set<Batch>();
  let last: Lane = 'joining';

  const isWorthIt = (lane: Lane) => {
    const [first, second] = inFlight;
    const many = waiting[lane].length;
    if (many === 0 || second !== undefined) return false;
    if (first === undefined || first.lane !== lane) return true;
    return many >= Math.max(first.together.length, FEWEST_BESIDE);
  };

  /** In turn, where both lanes have enough: neither keeps the other waiting for ever. */
  const nextLane = (): Lane | undefined =>
    (last === 'joining' ? (['other', 'joining'] as const) : (['joining', 'other'] as const)).find(isWorthIt);

  const startAll = (): void => {
    for (let lane = nextLane(); lane !== undefined; lane = nextLane()) void start(lane);
  };

  const start = async (lane: Lane): Promise<void> => {
    last = lane;
    const batch = { lane, together: waiting[lane].slice(0, batchSize(waiting[lane])) };
    waiting[lane] = waiting[lane].slice(batch.together.length);
    inFlight.add(batch);
    const unavailable = await settle(process, batch.together);
    inFlight.delete(batch);
    if (unavailable !== null) {
      // Whoever gathered meanwhile is told at once: a sender that waits for several deadlines has long gone.
      for (const one of [...waiting.joining, ...waiting.other]) one.reject(unavailable);
      waiting.joining = [];
      waiting.other = [];
    }
    startAll();
  };

  return (delivery) =>
    new Promise((resolve, reject) => {
      waiting[isFirstNews([itemOf(delivery)]) ? 'joining' : 'other'].push({ delivery, resolve, reject });
      startAll();
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
