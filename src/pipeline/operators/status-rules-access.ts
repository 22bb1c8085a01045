import { revocationsOf, type StatusFacts } from './status-facts.ts';
import { olderThan, plural, type Rules, THRESHOLDS } from './status-rule.ts';

const carriesOut = (facts: StatusFacts) =>
  facts.mode === 'enforce' && facts.operations.effectsPaused === null;

/** Who is still in who should not be, who lost access, and what keeps it from being taken away. */
export const ACCESS_RULES = {
  revocation_overdue: {
    severity: 'red',
    runbook: 'revocations-owed',
    judge(facts, now) {
      const { owed, oldest } = revocationsOf(facts);
      if (!carriesOut(facts) || !olderThan(oldest, THRESHOLDS.revocationOwedMs, now)) return null;
      const owes = plural(owed, 'user has yet to be signed out', 'users have yet to be signed out');
      return { message: `${owes} at Clerk, the first for longer than a minute.`, since: oldest };
    },
  },
  revocation_dead: {
    severity: 'red',
    runbook: 'revocations-owed',
    judge(facts) {
      const { dead, deadSince } = revocationsOf(facts);
      if (dead === 0) return null;
      const given = plural(dead, 'user was not signed out', 'users were not signed out');
      return { message: `${given} at Clerk, and nobody tries again.`, since: deadSince };
    },
  },
  restoring: {
    severity: 'red',
    runbook: 'restore',
    judge: ({ operations: { restoringSince } }) =>
      restoringSince === null
        ? null
        : {
            message: 'The database was restored and is being compared with Clerk: apps get no answers yet.',
            since: restoringSince,
          },
  },
  nobody_at_work: {
    severity: 'red',
    runbook: 'postgres-down',
    // Paused processes do not say that they are at work.
    judge: ({ mode, operations: { aliveAt } }, now) =>
      mode !== 'paused' && olderThan(aliveAt, THRESHOLDS.aliveMs, now)
        ? { message: 'No process of Rolecall has been at work for more than five minutes.', since: aliveAt }
        : null,
  },
  effects_paused: {
    severity: 'yellow',
    runbook: 'paused',
    judge(facts) {
      const paused = facts.operations.effectsPaused;
      if (paused === null) return null;
      const { owed } = revocationsOf(facts);
      const waiting = owed === 0 ? '' : ` ${plural(owed, 'user waits', 'users wait')} to be signed out.`;
      return {
        message: `Revocations are paused by ${paused.by}: ${paused.reason}.${waiting}`,
        since: paused.at,
        severity: owed === 0 ? 'yellow' : 'red',
      };
    },
  },
  mode_paused: {
    severity: 'yellow',
    runbook: 'paused',
    judge(facts) {
      if (facts.mode !== 'paused') return null;
      const { owed, oldest } = revocationsOf(facts);
      return {
        message: 'The mode is paused: Clerk is asked for nothing and nobody is signed out.',
        since: oldest,
        severity: owed === 0 ? 'yellow' : 'red',
      };
    },
  },
  mode_observe: {
    severity: 'yellow',
    runbook: 'paused',
    judge: ({ mode }) =>
      mode === 'observe'
        ? {
            message: 'The mode is observe: nobody is signed out, it is only noted who would be.',
            since: null,
          }
        : null,
  },
  holds_waiting: {
    severity: 'yellow',
    runbook: 'holds',
    judge: ({ holds, oldestHoldAt }) =>
      holds === 0
        ? null
        : {
            message: `${plural(holds, 'change waits', 'changes wait')} for an operator: access would be lost.`,
            since: oldestHoldAt,
          },
  },
  mass_loss: {
    severity: 'yellow',
    runbook: 'mass-loss',
    judge({ losses }) {
      const count = losses.reduce((sum, loss) => sum + loss.count, 0);
      return count < THRESHOLDS.losses
        ? null
        : { message: `${count} changes took access away within a quarter of an hour.`, since: null };
    },
  },
} as const satisfies Rules;
