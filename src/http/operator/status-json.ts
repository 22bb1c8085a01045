import { countOf, quantile } from '../../pipeline/operators/latency.ts';
import type { Status } from '../../pipeline/operators/status.ts';
import { lookupsOf, neverReceived, revocationsOf } from '../../pipeline/operators/status-facts.ts';
import { instant } from '../json.ts';
import { VERSION } from '../version.ts';

/** The one screen, as the interface and the commands tell it. */
export function statusJson({ state, problems, facts, budget, tokens }: Status) {
  const { deliveries, reconciliation, refused, versions, operations } = facts;
  const [revocations, lookups] = [revocationsOf(facts), lookupsOf(facts)];
  return {
    state,
    problems,
    revocations: {
      owed: revocations.owed,
      oldest_owed_at: revocations.oldest,
      dead: revocations.dead,
      lookups_owed: lookups.owed,
      lookups_dead: lookups.dead,
    },
    arrivals: {
      last_received_at: deliveries.lastReceivedAt,
      last_hour: deliveries.lastHour,
      failed: deliveries.failed,
      dead: deliveries.dead,
      held: deliveries.held,
    },
    agreement: {
      last_reconciliation:
        reconciliation === null
          ? null
          : {
              id: reconciliation.id,
              cause: reconciliation.cause,
              status: reconciliation.status,
              ended_at: reconciliation.endedAt,
              drift: reconciliation.drift,
            },
      running: facts.reconciling,
      never_received: neverReceived(facts),
    },
    losses: facts.losses.map(({ latestAt, ...loss }) => ({ ...loss, latest_at: latestAt })),
    holds: facts.holds,
    findings: facts.findings,
    latency: {
      received_to_refused_ms: {
        p50: quantile(refused, 0.5),
        p99: quantile(refused, 0.99),
        count: countOf(refused),
      },
    },
    versions: { rolecall: VERSION, ...versions },
    provider: {
      instance: facts.instance,
      check: facts.check,
      paused_until: facts.budget.pausedUntil,
      tokens: Math.floor(tokens),
      burst: budget?.burst ?? null,
      calls_per_second: budget?.callsPerSecond ?? null,
    },
    mode: facts.mode,
    effects_paused: operations.effectsPaused,
    restoring_since: operations.restoringSince,
    at: instant(facts.at),
  };
}
