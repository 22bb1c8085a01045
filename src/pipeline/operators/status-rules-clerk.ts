import { lookupsOf, neverReceived, type StatusFacts } from './status-facts.ts';
import { olderThan, plural, type Rules, THRESHOLDS } from './status-rule.ts';

const failing = (facts: StatusFacts, errors: readonly string[]) =>
  facts.errors.filter(({ error }) => errors.includes(error));

/** Whether Clerk reaches us, whether we reach Clerk, and whether we agree. */
export const CLERK_RULES = {
  wrong_instance_key: {
    severity: 'red',
    runbook: 'wrong-key',
    judge(facts) {
      const [told] = failing(facts, ['wrong_instance_key']);
      if (facts.check !== 'wrong_instance_key' && told === undefined) return null;
      return {
        message: 'The secret key belongs to another Clerk instance: nothing is asked or revoked.',
        since: told?.since ?? null,
      };
    },
  },
  key_refused: {
    severity: 'red',
    runbook: 'wrong-key',
    judge(facts) {
      const [told] = failing(facts, ['unauthorized']);
      return told === undefined
        ? null
        : {
            message: 'Clerk refuses the secret key: nobody can be signed out or looked up.',
            since: told.since,
          };
    },
  },
  lookup_overdue: {
    severity: 'yellow',
    runbook: 'clerk-down',
    judge(facts, now) {
      const { owed, oldest } = lookupsOf(facts);
      if (facts.mode === 'paused' || !olderThan(oldest, THRESHOLDS.lookupOwedMs, now)) return null;
      const waits = plural(owed, 'question to Clerk waits', 'questions to Clerk wait');
      return { message: `${waits}, the first for longer than ten minutes.`, since: oldest };
    },
  },
  lookup_dead: {
    severity: 'yellow',
    runbook: 'revocations-owed',
    judge(facts) {
      const { dead, deadSince } = lookupsOf(facts);
      if (dead === 0) return null;
      const given = plural(dead, 'question to Clerk was given up', 'questions to Clerk were given up');
      return { message: `${given}: what they were about is as it was.`, since: deadSince };
    },
  },
  clerk_unavailable: {
    severity: 'yellow',
    runbook: 'clerk-down',
    judge(facts) {
      const [told] = failing(facts, ['unreachable', 'timeout', 'server_error']);
      return told === undefined
        ? null
        : { message: `Clerk does not answer (${told.error}); it is tried again.`, since: told.since };
    },
  },
  clerk_rate_limited: {
    severity: 'yellow',
    runbook: 'clerk-down',
    judge: ({ budget: { pausedUntil } }) =>
      pausedUntil === null
        ? null
        : { message: `Clerk's rate limit is reached; it is asked again at ${pausedUntil}.`, since: null },
  },
  delivery_dead: {
    severity: 'yellow',
    runbook: 'dead-deliveries',
    judge: ({ deliveries: { dead } }) =>
      dead === 0
        ? null
        : { message: `${plural(dead, 'delivery waits', 'deliveries wait')} to be replayed.`, since: null },
  },
  delivery_failed: {
    severity: 'yellow',
    runbook: 'dead-deliveries',
    judge({ deliveries: { failed, dead } }) {
      if (failed === 0 || failed <= dead) return null;
      const given = plural(failed, 'delivery of the last day', 'deliveries of the last day');
      return { message: `${given} could not be taken in.`, since: null };
    },
  },
  no_delivery_ever: {
    severity: 'yellow',
    runbook: 'endpoint-disabled',
    judge: ({ deliveries: { lastReceivedAt } }) =>
      lastReceivedAt === null ? { message: 'Clerk has never sent anything.', since: null } : null,
  },
  deliveries_stopped: {
    severity: 'yellow',
    runbook: 'endpoint-disabled',
    judge: ({ deliveries: { lastReceivedAt } }, now) =>
      olderThan(lastReceivedAt, THRESHOLDS.silenceMs, now)
        ? { message: 'Clerk has sent nothing for more than a day.', since: lastReceivedAt }
        : null,
  },
  never_reconciled: {
    severity: 'yellow',
    runbook: 'drift',
    judge: ({ reconciliation, reconciling }) =>
      reconciliation === null && reconciling === null
        ? { message: 'What is known has never been compared with Clerk.', since: null }
        : null,
  },
  reconciliation_failed: {
    severity: 'yellow',
    runbook: 'drift',
    judge: ({ reconciliation }) =>
      reconciliation?.status === 'failed'
        ? { message: 'The last comparison with Clerk failed.', since: reconciliation.endedAt }
        : null,
  },
  reconciliation_overdue: {
    severity: 'yellow',
    runbook: 'drift',
    judge({ reconciliation, reconciling, reconcileEveryMs }, now) {
      if (reconciliation === null || reconciling !== null || reconcileEveryMs === null) return null;
      return olderThan(reconciliation.endedAt, THRESHOLDS.reconciliations * reconcileEveryMs, now)
        ? {
            message: 'The last comparison with Clerk is older than it should be.',
            since: reconciliation.endedAt,
          }
        : null;
    },
  },
  events_never_received: {
    severity: 'yellow',
    runbook: 'drift',
    judge(facts) {
      const missed = neverReceived(facts);
      if (missed === 0) return null;
      const found = plural(missed, 'difference', 'differences');
      return {
        message: `The last comparison with Clerk found ${found} that no event had told.`,
        since: facts.reconciliation?.endedAt ?? null,
      };
    },
  },
} as const satisfies Rules;
