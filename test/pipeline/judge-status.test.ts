import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeStatus, PROBLEM_CODES } from '../../src/pipeline/operators/judge-status.ts';
import type { StatusFacts } from '../../src/pipeline/operators/status-facts.ts';

const NOW = Date.UTC(2026, 10, 22, 3);
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A night on which nothing is wrong. */
const GREEN: StatusFacts = {
  at: NOW,
  owed: [],
  oldestOwed: [],
  dead: [],
  errors: [],
  deliveries: { lastReceivedAt: ago(MINUTE), lastHour: 7, failed: 0, held: 0, dead: 0 },
  reconciliation: { id: 1, cause: 'schedule', status: 'done', endedAt: ago(HOUR), drift: {} },
  reconciling: null,
  losses: [],
  holds: 0,
  oldestHoldAt: null,
  findings: 0,
  refused: { bounds: [1, 2], counts: [] },
  versions: { schema: 1, policy: 0, revision: 4, epoch: 'e' },
  instance: 'ins_1',
  budget: { tokens: 30, refilledAt: NOW, pausedUntil: null },
  operations: { mode: 'enforce', aliveAt: ago(MINUTE), restoringSince: null, effectsPaused: null },
  operatorActions: 0,
  mode: 'enforce',
  check: 'matches',
  reconcileEveryMs: 24 * HOUR,
};

const operations = (changed: Partial<StatusFacts['operations']>) => ({
  operations: { ...GREEN.operations, ...changed },
});
const deliveries = (changed: Partial<StatusFacts['deliveries']>) => ({
  deliveries: { ...GREEN.deliveries, ...changed },
});
const reconciled = (changed: Partial<NonNullable<StatusFacts['reconciliation']>>) => ({
  reconciliation: {
    id: 1,
    cause: 'schedule',
    status: 'done' as const,
    endedAt: ago(HOUR),
    drift: {},
    ...changed,
  },
});
const owed = (kind: string, forMs: number) => ({
  owed: [{ kind, lane: 'removal' as const, count: 1 }],
  oldestOwed: [{ kind, at: ago(forMs) }],
});
const paused = { at: ago(HOUR), by: 'ann', reason: 'an incident' };
const error = (code: string) => ({ errors: [{ error: code, count: 2, since: ago(HOUR) }] });
const losses = (count: number) => ({
  losses: [{ kind: 'removed', cause: 'delivery', count, latestAt: ago(MINUTE) }],
});

const judged = (changed: Partial<StatusFacts>) =>
  judgeStatus({ ...GREEN, ...changed }, NOW).problems.map(({ code, severity }) => `${severity} ${code}`);

/** One thing wrong at a time, at the edge of being wrong. */
const WRONG: readonly [string, Partial<StatusFacts>][] = [
  ['red revocation_overdue', owed('revoke_sessions', MINUTE + 1)],
  ['red revocation_dead', { dead: [{ kind: 'revoke_sessions', count: 1, since: ago(HOUR) }] }],
  ['red wrong_instance_key', { check: 'wrong_instance_key' }],
  ['red wrong_instance_key', error('wrong_instance_key')],
  ['red key_refused', error('unauthorized')],
  ['red restoring', operations({ restoringSince: ago(1) })],
  ['red nobody_at_work', operations({ aliveAt: ago(5 * MINUTE + 1) })],
  ['yellow effects_paused', operations({ effectsPaused: paused })],
  ['red effects_paused', { ...operations({ effectsPaused: paused }), ...owed('revoke_sessions', HOUR) }],
  ['yellow mode_paused', { mode: 'paused' }],
  ['red mode_paused', { mode: 'paused', ...owed('revoke_sessions', SECOND) }],
  ['yellow mode_observe', { mode: 'observe' }],
  ['yellow lookup_overdue', owed('lookup_member', 10 * MINUTE + 1)],
  ['yellow lookup_dead', { dead: [{ kind: 'lookup_roles', count: 1, since: ago(HOUR) }] }],
  ['yellow clerk_unavailable', error('timeout')],
  ['yellow clerk_rate_limited', { budget: { ...GREEN.budget, pausedUntil: ago(-MINUTE) } }],
  ['yellow delivery_dead', deliveries({ dead: 1, failed: 1 })],
  ['yellow delivery_failed', deliveries({ failed: 1 })],
  ['yellow no_delivery_ever', deliveries({ lastReceivedAt: null })],
  ['yellow deliveries_stopped', deliveries({ lastReceivedAt: ago(24 * HOUR + 1) })],
  ['yellow holds_waiting', { holds: 1, oldestHoldAt: ago(HOUR) }],
  ['yellow mass_loss', losses(100)],
  ['yellow never_reconciled', { reconciliation: null }],
  ['yellow reconciliation_failed', reconciled({ status: 'failed' })],
  ['yellow reconciliation_overdue', reconciled({ endedAt: ago(48 * HOUR + 1) })],
  ['yellow events_never_received', reconciled({ drift: { extra: 2, missing: 1 } })],
];

/** Nothing is wrong yet, or it is as it should be. */
const RIGHT: readonly [string, Partial<StatusFacts>][] = [
  ['a revocation that is owed for a minute', owed('revoke_sessions', MINUTE)],
  [
    'one that is owed for longer where none is carried out',
    { mode: 'observe', ...owed('revoke_sessions', HOUR) },
  ],
  ['a lookup that waits for ten minutes', owed('lookup_member', 10 * MINUTE)],
  ['a count of constraints that waits', owed('check_constraints', HOUR)],
  ['more to do after an attempt', error('more_sessions')],
  ['a process that was never heard of', operations({ aliveAt: null })],
  ['a silence while the mode is paused', { mode: 'paused', ...operations({ aliveAt: ago(HOUR) }) }],
  ['a key that is not known yet', { check: 'unknown' }],
  ['99 losses', losses(99)],
  ['a first import, which finds everything', reconciled({ cause: 'import', drift: { missing: 5_000 } })],
  ['a restored database', reconciled({ cause: 'restore', drift: { extra: 5 } })],
  ['polling instead of events', reconciled({ cause: 'poll', drift: { extra: 5 } })],
  ['kinds of drift of which there is none', reconciled({ drift: { missing: 0 } })],
  ['a late comparison that runs', { ...reconciled({ endedAt: ago(90 * HOUR) }), reconciling: 2 }],
  ['a first comparison that runs', { reconciliation: null, reconciling: 1 }],
  ['no schedule', { ...reconciled({ endedAt: ago(900 * HOUR) }), reconcileEveryMs: null }],
  ['findings, which are for the app’s people', { findings: 3 }],
  ['what is held, since Clerk is asked', deliveries({ held: 9 })],
];

describe('the judgement of a status', () => {
  it('is green where nothing is wrong', () => {
    expect(judgeStatus(GREEN, NOW)).toEqual({ state: 'green', problems: [] });
  });

  it.each(WRONG)('is %s at the edge, and of nothing else', (expected, changed) => {
    expect(judged(changed)).toEqual([expected]);
    expect(judgeStatus({ ...GREEN, ...changed }, NOW).state).toBe(expected.split(' ')[0]);
  });

  it.each(RIGHT)('has nothing against %s', (_, changed) => {
    const modes = ['yellow mode_observe', 'yellow mode_paused'];
    expect(judged(changed).filter((one) => !modes.includes(one))).toEqual([]);
  });

  it('knows no code that is not looked for here, and has a runbook for each', () => {
    expect(new Set(WRONG.map(([expected]) => expected.split(' ')[1]))).toEqual(new Set(PROBLEM_CODES));
    for (const [, changed] of WRONG) {
      for (const { runbook } of judgeStatus({ ...GREEN, ...changed }, NOW).problems) {
        expect(existsSync(runbook), runbook).toBe(true);
      }
    }
  });

  it('says since when, and how many up to the cap', () => {
    const [problem] = judgeStatus(
      { ...GREEN, dead: [{ kind: 'revoke_sessions', count: 10_000, since: ago(HOUR) }] },
      NOW,
    ).problems;
    expect(problem?.since).toBe(ago(HOUR));
    expect(problem?.message).toContain('10000 or more users were not signed out');
  });

  it('takes the oldest of all questions to Clerk, whatever they are about', () => {
    const oldestOwed = [
      { kind: 'lookup_user', at: ago(MINUTE) },
      { kind: 'lookup_member', at: ago(HOUR) },
      { kind: 'lookup_roles', at: ago(SECOND) },
      { kind: 'check_constraints', at: ago(9 * HOUR) },
    ];
    const [problem] = judgeStatus({ ...GREEN, oldestOwed }, NOW).problems;
    expect(problem).toMatchObject({ code: 'lookup_overdue', since: ago(HOUR) });
  });

  it('of several wrongs together names each, the red ones first, and is as bad as the worst', () => {
    const some = fc.subarray(WRONG.map(([, changed]) => changed));
    fc.assert(
      fc.property(some, (changes) => {
        const facts = Object.assign({}, GREEN, ...changes) as StatusFacts;
        const { state, problems } = judgeStatus(facts, NOW);
        const severities = problems.map(({ severity }) => severity);
        expect(severities).toEqual(severities.toSorted());
        expect(state).toBe(severities[0] ?? 'green');
        expect(new Set(problems.map(({ code }) => code)).size).toBe(problems.length);
        expect(judgeStatus(facts, NOW)).toEqual({ state, problems });
      }),
    );
  });
});
