import * as fc from 'fast-check';
import type { History } from './history.ts';
import type { Message } from './ledger.ts';

/** How the messages of a history arrive. Lists are used in turn, so that shrinking empties them. */
export interface Schedule {
  readonly transports: readonly Transport[];
  /** How many arrivals are decided at once. */
  readonly batches: readonly number[];
  readonly lookups: readonly Asking[];
}

export interface Transport {
  /** Milliseconds on the way, for every copy that arrives; none: lost. */
  readonly delays: readonly number[];
  /** Milliseconds until an operator replays it, if ever. */
  readonly replayed: number | null;
}

/**
 * After a batch: whether owed questions are asked then, how far behind the provider's reader is, how long the answer
 * takes, and for how many batches it lies here. All of it within the minute that absence is not presumed for.
 */
export interface Asking {
  readonly ask: boolean;
  readonly lag: number;
  readonly latency: number;
  readonly lies: number;
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 290 }).map((seconds) => seconds * 1000) },
  { weight: 2, arbitrary: fc.integer({ min: 6, max: 40 }).map((minutes) => minutes * 60_000) },
);

const replayed = fc.option(
  fc.integer({ min: 1, max: 30 }).map((minutes) => minutes * 60_000),
  { freq: 6 },
);

const transport = (fewest: number) =>
  fc.record({
    delays: fc.oneof(
      { weight: 6, arbitrary: fc.tuple(delay) },
      { weight: 1, arbitrary: fc.array(delay, { minLength: fewest, maxLength: 2 }) },
      { weight: fewest === 0 ? 2 : 0, arbitrary: fc.constant([]) },
    ),
    replayed,
  });

const asking = fc.record({
  ask: fc.boolean(),
  lag: fc.constantFrom(0, 0, 0, 20_000),
  latency: fc.constantFrom(0, 200, 20_000),
  lies: fc.constantFrom(0, 0, 1, 3),
});

const scheduled = (fewest: number): fc.Arbitrary<Schedule> =>
  fc.record({
    transports: fc.array(transport(fewest), { maxLength: 30 }),
    batches: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
    lookups: fc.array(asking, { maxLength: 12 }),
  });

/** Every message arrives, sooner or later, once or more. */
export const lossless = scheduled(1);
/** Messages may be lost. */
export const lossy = scheduled(0);

export interface Arrival {
  readonly message: Message;
  readonly at: number;
  readonly repeated: boolean;
}

const PROMPT: Transport = { delays: [0], replayed: null };

export function arrivals(history: History, schedule: Schedule): Arrival[] {
  const { transports } = schedule;
  return history.messages
    .flatMap((message, index) => {
      const { delays, replayed } = transports[index % Math.max(1, transports.length)] ?? PROMPT;
      const copies = delays.map((delay) => ({ message, at: message.at + delay, repeated: false }));
      const first = Math.min(...copies.map((copy) => copy.at));
      return replayed === null || copies.length === 0
        ? copies
        : [...copies, { message, at: first + replayed, repeated: true }];
    })
    .sort((a, b) => a.at - b.at);
}

/** Arrivals as they are decided together; a batch waits for its last. */
export function batched(arriving: readonly Arrival[], sizes: readonly number[]): Arrival[][] {
  const batches: Arrival[][] = [];
  for (let taken = 0; taken < arriving.length; ) {
    const size = sizes[batches.length % Math.max(1, sizes.length)] ?? 1;
    batches.push(arriving.slice(taken, taken + size));
    taken += size;
  }
  return batches;
}
