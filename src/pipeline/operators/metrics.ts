import { MODES, type Tallies } from '../ports.ts';
import { PROBLEM_CODES } from './judge-status.ts';
import type { MetricName } from './metric-names.ts';
import type { Status } from './status.ts';
import { neverReceived } from './status-facts.ts';
import { CALLS, counted, histogram, LOSSES, type Sample } from './tallied.ts';

export type Metrics = Readonly<Record<MetricName, readonly Sample[]>>;

/** What Prometheus is told: the same facts as the one screen, and what was counted since the beginning. */
export function metricsOf(status: Status, tallies: Tallies, version: string): Metrics {
  const { facts, state, problems, budget, tokens } = status;
  const { deliveries, operations, reconciliation, versions } = facts;
  return {
    rolecall_build_info: [{ labels: { version, schema: String(versions.schema) }, value: 1 }],
    rolecall_status: oneOf('state', ['green', 'yellow', 'red'], state),
    rolecall_problem: PROBLEM_CODES.map((code) => ({
      labels: { code },
      value: problems.some((problem) => problem.code === code) ? 1 : 0,
    })),
    rolecall_mode: oneOf('mode', MODES, facts.mode),
    rolecall_deliveries_total: counted(tallies, 'deliveries', ['type', 'outcome']),
    rolecall_deliveries_failed: one(deliveries.failed),
    rolecall_deliveries_dead: one(deliveries.dead),
    rolecall_last_delivery_timestamp_seconds:
      deliveries.lastReceivedAt === null ? [] : one(seconds(deliveries.lastReceivedAt)),
    rolecall_losses_total: counted(tallies, 'losses', ['kind', 'cause'], LOSSES),
    rolecall_received_to_refused_seconds: histogram(tallies),
    rolecall_effects_owed: facts.owed.map(({ kind, lane, count }) => ({
      labels: { kind, lane },
      value: count,
    })),
    rolecall_effects_oldest_owed_seconds: facts.oldestOwed.map(({ kind, at }) => ({
      labels: { kind },
      value: Math.max(0, facts.at / 1_000 - seconds(at)),
    })),
    rolecall_effects_dead: facts.dead.map(({ kind, count }) => ({ labels: { kind }, value: count })),
    rolecall_effect_attempts_total: counted(tallies, 'attempts', ['kind', 'result']),
    rolecall_provider_calls_total: counted(tallies, 'calls', ['outcome'], CALLS),
    rolecall_provider_budget_tokens: one(tokens),
    rolecall_provider_budget_burst: budget === null ? [] : one(budget.burst),
    rolecall_provider_paused: flag(facts.budget.pausedUntil !== null),
    rolecall_holds_waiting: one(facts.holds),
    rolecall_findings_open: one(facts.findings),
    rolecall_reconciliation_running: flag(facts.reconciling !== null),
    rolecall_reconciliation_timestamp_seconds:
      reconciliation === null
        ? []
        : [{ labels: { status: reconciliation.status }, value: seconds(reconciliation.endedAt) }],
    rolecall_reconciliation_drift: Object.entries(reconciliation?.drift ?? {}).map(([kind, value]) => ({
      labels: { kind },
      value,
    })),
    rolecall_events_never_received: one(neverReceived(facts)),
    rolecall_effects_paused: flag(operations.effectsPaused !== null),
    rolecall_restoring: flag(operations.restoringSince !== null),
    rolecall_changes_total: one(versions.revision),
    rolecall_policy_version: one(versions.policy),
    rolecall_operator_actions_total: one(facts.operatorActions),
  };
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function flag(raised: boolean): Sample[] {
  return one(raised ? 1 : 0);
}

function oneOf(label: string, all: readonly string[], now: string): Sample[] {
  return all.map((each) => ({ labels: { [label]: each }, value: each === now ? 1 : 0 }));
}

function seconds(at: string): number {
  return Date.parse(at) / 1_000;
}
