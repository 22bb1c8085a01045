import { type Random, seededRandom } from '../../src/testing/clerk/random.ts';

/** What is done to the system. `ms`: for how long; `which`: to which of several. */
export type FaultKind =
  | 'kill-node'
  | 'kill-worker'
  | 'stop-postgres'
  | 'cut-connections'
  | 'end-backends'
  | 'clerk-fails'
  | 'clerk-slow'
  | 'clerk-limits'
  | 'clerk-hangs'
  | 'duplicates'
  | 'delays'
  | 'reorders'
  | 'answers-lost';

export interface PlannedFault {
  readonly at: number;
  readonly kind: FaultKind;
  readonly ms: number;
  readonly which: number;
}

/** Three things at a time may be wrong, one of each: with the machines, with Clerk's API, on the way of messages. */
export const TRACKS: readonly {
  readonly kinds: readonly FaultKind[];
  readonly ms: readonly [number, number];
  readonly pause: readonly [number, number];
  /** Over so long before the end. */
  readonly restMs: number;
}[] = [
  {
    kinds: ['kill-node', 'stop-postgres', 'cut-connections', 'kill-worker', 'end-backends', 'kill-node'],
    ms: [300, 1_800],
    pause: [1_200, 2_400],
    // What a killed process was at work on is nobody else's for half a minute: some of it goes by in the storm.
    restMs: 6_000,
  },
  {
    kinds: ['clerk-fails', 'clerk-slow', 'clerk-limits', 'clerk-hangs'],
    ms: [1_000, 3_000],
    pause: [1_500, 3_500],
    restMs: 0,
  },
  {
    kinds: ['duplicates', 'delays', 'reorders', 'answers-lost'],
    ms: [2_000, 4_000],
    pause: [200, 1_000],
    restMs: 0,
  },
];

/** When what goes wrong: the same for the same seed. Every kind has its turn before one comes again. */
export function planFaults(seed: number, stormMs: number): readonly PlannedFault[] {
  // Of its own, so that another fault moves nothing of what happens at the provider.
  const random = seededRandom(seed ^ 0x5eed);
  const within = ([least, most]: readonly [number, number]) => least + random.below(most - least);
  const faults = TRACKS.flatMap((track) => {
    const planned: PlannedFault[] = [];
    const next = dealer(random, track.kinds);
    for (let at = within(track.pause); ; ) {
      const ms = within(track.ms);
      if (at + ms > stormMs - track.restMs) return planned;
      planned.push({ at, kind: next(), ms, which: random.below(1_000) });
      at += ms + within(track.pause);
    }
  });
  return faults.sort((a, b) => a.at - b.at);
}

function dealer(random: Random, kinds: readonly FaultKind[]): () => FaultKind {
  let deck: FaultKind[] = [];
  return () => {
    if (deck.length === 0) deck = random.shuffled(kinds);
    return deck.pop() ?? 'kill-node';
  };
}
