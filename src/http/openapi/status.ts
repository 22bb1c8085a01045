import * as v from 'valibot';
import { MODES } from '../../pipeline/ports.ts';
import { parameters } from '../operator/activity-route.ts';
import { count, instant, maybe, type Operations, query, said, text } from './operation.ts';

const moment = v.nullable(instant);
const many = said(count, 'Counted to 10000.');
const milliseconds = v.nullable(v.number());

const problem = v.strictObject({
  code: said(text, 'What programs look at: it does not change.'),
  severity: v.picklist(['red', 'yellow']),
  message: said(text, 'What people read.'),
  since: moment,
  runbook: said(text, 'What to do, in the repository of Rolecall.'),
});

const reconciliation = v.strictObject({
  id: count,
  cause: text,
  status: v.picklist(['done', 'failed']),
  ended_at: instant,
  drift: said(v.record(text, count), 'How many differences of which kind.'),
});

export const STATUS: Operations = {
  'GET /operator/v1/status': {
    group: 'Operators',
    title: 'How this installation is doing, on one screen',
    by: 'operator',
    answer: v.strictObject({
      state: v.picklist(['green', 'yellow', 'red']),
      problems: said(v.array(problem), 'The red ones first.'),
      revocations: v.strictObject({
        owed: said(many, 'Users who have yet to be signed out at Clerk.'),
        oldest_owed_at: moment,
        dead: said(many, 'Users who were not signed out, and nobody tries again.'),
        lookups_owed: many,
        lookups_dead: many,
      }),
      arrivals: v.strictObject({
        last_received_at: moment,
        last_hour: count,
        failed: said(many, 'Of the last day, and still failed.'),
        dead: said(many, 'Not tried again by themselves.'),
        held: said(many, 'Of the last day: Clerk was asked first.'),
      }),
      agreement: v.strictObject({
        last_reconciliation: said(v.nullable(reconciliation), 'Of everything; dry runs do not count.'),
        running: v.nullable(count),
        never_received: said(count, 'Of its differences, what an event should have told.'),
      }),
      losses: said(
        v.array(v.strictObject({ kind: text, cause: text, count, latest_at: instant })),
        'Of the last quarter of an hour. A change is one, however many members it reaches.',
      ),
      holds: many,
      findings: said(count, 'What does not hold although the policy says so, or could not be read.'),
      latency: v.strictObject({
        received_to_refused_ms: said(
          v.strictObject({ p50: milliseconds, p99: milliseconds, count }),
          'Of the last hour, as buckets tell it.',
        ),
      }),
      versions: v.strictObject({
        rolecall: text,
        schema: count,
        policy: said(count, '0 for none.'),
        revision: count,
        epoch: text,
      }),
      provider: v.strictObject({
        instance: maybe,
        check: v.picklist(['matches', 'unpinned', 'wrong_instance_key', 'unknown', 'rate_limited']),
        paused_until: moment,
        tokens: said(v.number(), 'Calls that may be made at once.'),
        burst: said(v.nullable(v.number()), 'The most that may ever be made at once.'),
        calls_per_second: v.nullable(v.number()),
      }),
      mode: v.picklist(MODES),
      effects_paused: v.nullable(v.strictObject({ at: instant, by: text, reason: text })),
      restoring_since: moment,
      at: instant,
    }),
  },
  'GET /operator/v1/activity': {
    group: 'Operators',
    title: 'What happened in the last minutes, for charts',
    by: 'operator',
    query: query(parameters, { minutes: 'How many, 1 to 1440; 60 unless told. At most 120 points.' }),
    answer: v.strictObject({
      step_seconds: count,
      points: v.array(
        v.strictObject({
          at: said(instant, 'When the step began.'),
          received: count,
          failed: count,
          removed: said(count, 'Changes that took access away.'),
          backlog: said(v.number(), 'What was owed to Clerk at its end.'),
          refused_p50_ms: milliseconds,
          refused_p99_ms: milliseconds,
        }),
      ),
    }),
  },
  'GET /metrics': {
    group: 'Operators',
    title: 'Figures for Prometheus',
    description: 'The names are in `docs/metrics.md`.',
    by: 'operator',
    media: 'text/plain',
    answer: said(text, 'Text format 0.0.4.'),
  },
};
