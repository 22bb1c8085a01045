import type { Delivery } from './ports.ts';
import type { ProcessDeliveries, Processed } from './process.ts';

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: (processed: Processed) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_TOGETHER = 256;

/**
 * Lets concurrent requests of one process share a commit: while one is in flight the next batch gathers, so there is
 * no timer and a lone request waits for nobody. Each answer still waits for the commit that carries it.
 */
export function shareCommits(process: ProcessDeliveries): (delivery: Delivery) => Promise<Processed> {
  let waiting: Waiting[] = [];
  let busy = false;

  const drain = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_TOGETHER);
      waiting = waiting.slice(MOST_TOGETHER);
      await settle(process, batch);
    }
    busy = false;
  };

  return (delivery) =>
    new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      if (!busy) void drain();
    });
}

async function settle(process: ProcessDeliveries, batch: readonly Waiting[]): Promise<void> {
  try {
    const processed = await process(batch.map((one) => one.delivery));
    batch.forEach((one, index) => {
      const answer = processed[index];
      if (answer === undefined) one.reject(new Error('a delivery was left without an answer'));
      else one.resolve(answer);
    });
  } catch (error) {
    for (const one of batch) one.reject(error);
  }
}
