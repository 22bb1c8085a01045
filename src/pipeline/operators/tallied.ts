import type { ChangeKind } from '../../domain/changes.ts';
import type { ProviderFailure, Tallies } from '../ports.ts';

/** One figure of a metric. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Labels = Sample['labels'];

const LOSS_KINDS: readonly ChangeKind[] = [
  'removed',
  'reduced',
  'withheld',
  'suspended',
  'user_deleted',
  'organization_deleted',
  'role_changed',
  'policy_changed',
  'features_changed',
  'agent_changed',
];
const CAUSES = ['delivery', 'replay', 'retry', 'lookup', 'reconciliation', 'policy'];
export const LOSSES: readonly Labels[] = LOSS_KINDS.flatMap((kind) =>
  CAUSES.map((cause) => ({ kind, cause })),
);

const FAILURES: readonly ProviderFailure['failure'][] = [
  'rate_limited',
  'timeout',
  'unreachable',
  'server_error',
  'unauthorized',
  'unexpected',
];
export const CALLS: readonly Labels[] = ['answered', ...FAILURES].map((outcome) => ({ outcome }));

/**
 * What was counted under a name, and zero for what is expected and has not happened yet: Prometheus sees no increase in
 * a series that begins with it.
 */
export function counted(
  { tallies }: Tallies,
  name: string,
  [first, second]: readonly [string, string?],
  expected: readonly Labels[] = [],
): Sample[] {
  const happened = tallies
    .filter((tally) => tally.name === name)
    .map((tally) => ({
      labels: { [first]: tally.first, ...(second === undefined ? {} : { [second]: tally.second }) },
      value: tally.value,
    }));
  const known = new Set(happened.map(({ labels }) => JSON.stringify(labels)));
  const zeros = expected.filter((labels) => !known.has(JSON.stringify(labels)));
  return [...happened, ...zeros.map((labels) => ({ labels, value: 0 }))];
}

/** How long it took from received to refused, in seconds: each bucket holds those before it. */
export function histogram({ bounds, tallies }: Tallies): Sample[] {
  const inBucket = new Map(
    tallies.filter(({ name }) => name === 'refused').map(({ first, value }) => [first, value]),
  );
  let below = 0;
  const buckets = [...bounds, null].map((bound, bucket): Sample => {
    below += inBucket.get(String(bucket)) ?? 0;
    return {
      suffix: '_bucket',
      labels: { le: bound === null ? '+Inf' : String(bound / 1_000) },
      value: below,
    };
  });
  const ms = tallies.find(({ name }) => name === 'refused_ms')?.value ?? 0;
  return [
    ...buckets,
    { suffix: '_sum', labels: {}, value: ms / 1_000 },
    { suffix: '_count', labels: {}, value: below },
  ];
}
