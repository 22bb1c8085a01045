import type { ChangeKind } from '../../domain/changes.ts';
import { MODES, type Tallies } from '../ports.ts';
import { PROBLEM_CODES } from './judge-status.ts';
import type { Status } from './status.ts';
import { neverReceived } from './status-facts.ts';

/** Every metric there is: programs and dashboards rely on the names. None has a label whose values know no bounds. */
export const METRICS = {
  rolecall_build_info: ['gauge', 'Always 1; the version of Rolecall and of its schema.'],
  rolecall_status: ['gauge', '1 for the state that the installation is in, 0 for the others.'],
  rolecall_problem: ['gauge', '1 while something is wrong, by the codes of GET /operator/v1/status.'],
  rolecall_mode: ['gauge', '1 for the mode that it runs in, 0 for the others.'],
  rolecall_deliveries_total: ['counter', 'Deliveries that were taken, by type and first outcome.'],
  rolecall_deliveries_failed: [
    'gauge',
    'Deliveries of the last day that could not be taken for what they say.',
  ],
  rolecall_deliveries_dead: ['gauge', 'Failed deliveries that nobody tries again.'],
  rolecall_last_delivery_timestamp_seconds: ['gauge', 'When the last delivery was received.'],
  rolecall_losses_total: ['counter', 'Changes that took access away, by kind and cause.'],
  rolecall_received_to_refused_seconds: [
    'histogram',
    'From receiving a delivery to refusing the first token because of it.',
  ],
  rolecall_effects_owed: ['gauge', 'What is owed to the provider, by kind and lane; a lane counts to 10000.'],
  rolecall_effects_oldest_owed_seconds: ['gauge', 'For how long the oldest of a kind has been owed.'],
  rolecall_effects_dead: ['gauge', 'What is owed to the provider and was given up, by kind.'],
  rolecall_effect_attempts_total: ['counter', 'Attempts at what is owed, by kind and how they ended.'],
  rolecall_provider_calls_total: ['counter', 'Calls of the provider for what is owed, by how they ended.'],
  rolecall_provider_budget_tokens: ['gauge', 'Calls of the provider that may be made at once.'],
  rolecall_provider_budget_burst: ['gauge', 'The most that may ever be made at once.'],
  rolecall_provider_paused: ['gauge', '1 while the rate limit of the provider is waited for.'],
  rolecall_holds_waiting: ['gauge', 'Changes that wait for an operator.'],
  rolecall_findings_open: ['gauge', 'What does not hold although the policy says so, or could not be read.'],
  rolecall_reconciliation_running: ['gauge', '1 while what is known is compared with the provider.'],
  rolecall_reconciliation_timestamp_seconds: [
    'gauge',
    'When the last comparison of everything ended, by how.',
  ],
  rolecall_reconciliation_drift: [
    'gauge',
    'Differences that the last comparison of everything found, by kind.',
  ],
  rolecall_events_never_received: ['gauge', 'Of those, what an event should have told.'],
  rolecall_effects_paused: ['gauge', '1 while an operator has paused revocations.'],
  rolecall_restoring: ['gauge', '1 while a restored database is compared with the provider.'],
  rolecall_changes_total: ['counter', 'Changes of who may do what: the revision.'],
  rolecall_policy_version: ['gauge', 'The active policy; 0 for none.'],
  rolecall_operator_actions_total: ['counter', 'What operators did by hand.'],
} as const satisfies Readonly<Record<string, readonly ['gauge' | 'counter' | 'histogram', string]>>;

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
const LOSSES = LOSS_KINDS.flatMap((kind) => CAUSES.map((cause) => [kind, cause] as const));

const CALLS = [
  ['answered'],
  ['rate_limited'],
  ['timeout'],
  ['unreachable'],
  ['server_error'],
  ['unauthorized'],
  ['unexpected'],
] as const;

export type MetricName = keyof typeof METRICS;

export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: MetricName;
  readonly samples: readonly Sample[];
}

/** What Prometheus is told: the same facts as the one screen, and what was counted since the beginning. */
export function metricsOf(status: Status, tallies: Tallies, version: string): Metric[] {
  const { facts, state, problems, budget, tokens } = status;
  const { deliveries, operations, reconciliation, versions } = facts;
  const is = (true_: boolean) => one(true_ ? 1 : 0);
  const each = <Entry>(entries: readonly Entry[], sample: (entry: Entry) => Sample) => entries.map(sample);
  const metric = (name: MetricName, samples: readonly Sample[]): Metric => ({ name, samples });
  const seconds = (at: string) => Date.parse(at) / 1_000;
  return [
    metric('rolecall_build_info', [{ labels: { version, schema: String(versions.schema) }, value: 1 }]),
    metric('rolecall_status', oneOf('state', ['green', 'yellow', 'red'], state)),
    metric(
      'rolecall_problem',
      each(PROBLEM_CODES, (code) => ({
        labels: { code },
        value: problems.some((problem) => problem.code === code) ? 1 : 0,
      })),
    ),
    metric('rolecall_mode', oneOf('mode', MODES, facts.mode)),
    metric('rolecall_deliveries_total', counted(tallies, 'deliveries', ['type', 'outcome'])),
    metric('rolecall_deliveries_failed', one(deliveries.failed)),
    metric('rolecall_deliveries_dead', one(deliveries.dead)),
    metric(
      'rolecall_last_delivery_timestamp_seconds',
      deliveries.lastReceivedAt === null ? [] : one(seconds(deliveries.lastReceivedAt)),
    ),
    metric('rolecall_losses_total', countedFromZero(tallies, 'losses', ['kind', 'cause'], LOSSES)),
    metric('rolecall_received_to_refused_seconds', histogram(tallies)),
    metric(
      'rolecall_effects_owed',
      each(facts.owed, ({ kind, lane, count }) => ({ labels: { kind, lane }, value: count })),
    ),
    metric(
      'rolecall_effects_oldest_owed_seconds',
      each(facts.oldestOwed, ({ kind, at }) => ({
        labels: { kind },
        value: Math.max(0, facts.at / 1_000 - seconds(at)),
      })),
    ),
    metric(
      'rolecall_effects_dead',
      each(facts.dead, ({ kind, count }) => ({ labels: { kind }, value: count })),
    ),
    metric('rolecall_effect_attempts_total', counted(tallies, 'attempts', ['kind', 'result'])),
    metric('rolecall_provider_calls_total', countedFromZero(tallies, 'calls', ['outcome'], CALLS)),
    metric('rolecall_provider_budget_tokens', one(tokens)),
    metric('rolecall_provider_budget_burst', budget === null ? [] : one(budget.burst)),
    metric('rolecall_provider_paused', is(facts.budget.pausedUntil !== null)),
    metric('rolecall_holds_waiting', one(facts.holds)),
    metric('rolecall_findings_open', one(facts.findings)),
    metric('rolecall_reconciliation_running', is(facts.reconciling !== null)),
    metric(
      'rolecall_reconciliation_timestamp_seconds',
      reconciliation === null
        ? []
        : [{ labels: { status: reconciliation.status }, value: seconds(reconciliation.endedAt) }],
    ),
    metric(
      'rolecall_reconciliation_drift',
      each(Object.entries(reconciliation?.drift ?? {}), ([kind, value]) => ({ labels: { kind }, value })),
    ),
    metric('rolecall_events_never_received', one(neverReceived(facts))),
    metric('rolecall_effects_paused', is(operations.effectsPaused !== null)),
    metric('rolecall_restoring', is(operations.restoringSince !== null)),
    metric('rolecall_changes_total', one(versions.revision)),
    metric('rolecall_policy_version', one(versions.policy)),
    metric('rolecall_operator_actions_total', one(facts.operatorActions)),
  ];
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function oneOf(label: string, all: readonly string[], now: string): Sample[] {
  return all.map((each) => ({ labels: { [label]: each }, value: each === now ? 1 : 0 }));
}

function counted({ tallies }: Tallies, name: string, [first, second]: readonly [string, string?]): Sample[] {
  return tallies
    .filter((tally) => tally.name === name)
    .map((tally) => ({
      labels: { [first]: tally.first, ...(second === undefined ? {} : { [second]: tally.second }) },
      value: tally.value,
    }));
}

/** With those that have not happened yet: Prometheus sees no increase in a series that begins with it. */
function countedFromZero(
  tallies: Tallies,
  name: string,
  labels: readonly [string, string?],
  expected: readonly (readonly [string, string?])[],
): Sample[] {
  const happened = counted(tallies, name, labels);
  const zeros = expected.map(([first, second]): Sample => {
    const [one, other] = labels;
    return { labels: { [one]: first, ...(other === undefined ? {} : { [other]: second ?? '' }) }, value: 0 };
  });
  const known = new Set(happened.map((sample) => JSON.stringify(sample.labels)));
  return [...happened, ...zeros.filter((sample) => !known.has(JSON.stringify(sample.labels)))];
}

function histogram({ bounds, tallies }: Tallies): Sample[] {
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
