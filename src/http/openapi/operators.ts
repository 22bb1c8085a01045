import * as v from 'valibot';
import { SHARED_LOSS_CAUSES } from '../../domain/effects.ts';
import { DELIVERY_STATUSES, EFFECT_STATUSES, TRY_RESULTS } from '../../pipeline/ports.ts';
import { parameters as deliveries } from '../operator/delivery-routes.ts';
import { parameters as effects } from '../operator/effect-routes.ts';
import { decisionBody, parameters as holds } from '../operator/hold-routes.ts';
import { count, instant, maybe, next, type Operations, query, said, text } from './operation.ts';

const moment = v.nullable(instant);
const milliseconds = said(count, 'Milliseconds.');

const entry = {
  id: said(text, 'The sender’s message id.'),
  source: text,
  type: maybe,
  organization: maybe,
  user: maybe,
  outcome: text,
  reason: said(text, 'In one word.'),
  explanation: said(text, 'The reason in a sentence.'),
  attempt_count: said(count, 'How often it was decided on.'),
  dead: said(v.boolean(), 'Failed, and not tried again by itself.'),
  received_at: instant,
  committed_at: instant,
  retry_at: said(moment, 'When it is tried again by itself.'),
  payload_kept: v.boolean(),
};

const effect = v.strictObject({
  id: count,
  kind: text,
  lane: text,
  organization: maybe,
  user: maybe,
  cause: said(
    v.nullable(v.picklist(SHARED_LOSS_CAUSES)),
    'Of `revoke_holders`, which signs out whoever lost something by one change: what changed.',
  ),
  roles: said(v.nullable(v.array(text)), 'Of `revoke_holders`: the roles that the change moved.'),
  cutoff: said(moment, 'Sessions created at or before it are revoked.'),
  status: v.picklist(EFFECT_STATUSES),
  attempts: count,
  last_error: maybe,
  tries: said(
    v.array(v.strictObject({ at: instant, result: v.picklist(TRY_RESULTS), error: maybe, calls: count })),
    'How the latest attempts ended, and with how many calls of Clerk.',
  ),
  delivery: maybe,
  reconciliation: said(v.nullable(count), 'Which reconciliation asks, where it was one.'),
  owed_at: instant,
  due_at: instant,
  settled_at: moment,
});

const attempt = v.strictObject({
  attempt: count,
  cause: text,
  replay: v.nullable(count),
  outcome: text,
  reason: text,
  explanation: text,
  at: instant,
});

const change = v.strictObject({
  revision: count,
  kind: text,
  organization: maybe,
  user: maybe,
  agent: maybe,
  role: maybe,
  permissions: v.array(text),
  cutoff: v.nullable(v.strictObject({ of: text, id: text, at: instant })),
  cause: text,
  at: instant,
  recorded_at: instant,
});

const page = {
  limit: 'Entries on a page, 1 to 500; 100 unless told.',
  cursor: 'Where the page before ended: its `next`.',
};
const decided = v.strictObject({ hold: count, result: text, policy_version: v.optional(count) });

export const OPERATORS: Operations = {
  'GET /operator/v1/deliveries': {
    group: 'Operators',
    title: 'Deliveries, the latest first',
    by: 'operator',
    query: query(deliveries, {
      status: `One of ${DELIVERY_STATUSES.join(', ')}; dead ones are failed and not tried again by themselves.`,
      type: 'The event’s type.',
      organization: 'Only those about this organization.',
      user: 'Only those about this user.',
      from: 'Received then or later, RFC 3339 with its offset.',
      to: 'Received before, RFC 3339 with its offset.',
      ...page,
    }),
    answer: v.strictObject({ deliveries: v.array(v.strictObject(entry)), next }),
  },
  'GET /operator/v1/deliveries/:id': {
    group: 'Operators',
    title: 'One delivery, with all that came of it',
    by: 'operator',
    answer: v.strictObject({
      ...entry,
      sha256: said(text, 'Of the body, lower-case hexadecimal.'),
      payload: said(v.unknown(), 'What was received, without private metadata; null where it was not kept.'),
      payload_text: said(maybe, 'The beginning of a body that is no JSON.'),
      decision: v.strictObject({ outcome: text, reason: text, explanation: text }),
      changes: v.array(change),
      effects: v.array(effect),
      attempts: v.array(attempt),
      times: v.strictObject({
        sent_at: moment,
        received_at: instant,
        committed_at: instant,
        refused_at: said(moment, 'When the first token was refused because of it.'),
        received_to_committed_ms: milliseconds,
        received_to_refused_ms: v.nullable(milliseconds),
      }),
    }),
    errors: ['not_found'],
  },
  'GET /operator/v1/effects': {
    group: 'Operators',
    title: 'What is owed to Clerk, the latest first',
    by: 'operator',
    query: query(effects, { status: `One of ${EFFECT_STATUSES.join(', ')}.`, ...page }),
    answer: v.strictObject({ effects: v.array(effect), next }),
  },
  'POST /operator/v1/effects/:id/retry': {
    group: 'Operators',
    title: 'Tries an effect again now, a dead one from its first attempt',
    by: 'operator',
    answer: v.strictObject({
      effect: count,
      result: said(v.picklist(['owed', 'joined']), '`joined`: the same is owed already and is done once.'),
    }),
    errors: ['read_only', 'not_found', 'nothing_to_retry'],
  },
  'GET /operator/v1/holds': {
    group: 'Operators',
    title: 'What would take access from too many, and waits for an operator',
    by: 'operator',
    query: query(holds, { status: 'waiting, approved or rejected.' }),
    answer: v.strictObject({
      holds: v.array(
        v.strictObject({
          id: count,
          kind: text,
          status: v.picklist(['waiting', 'approved', 'rejected']),
          name: said(maybe, 'Of the policy, where it is one.'),
          difference: said(v.unknown(), 'What it would change, as it was previewed.'),
          by: text,
          reason: text,
          at: text,
          decided_by: maybe,
          decision_reason: said(text, 'Why it was approved or rejected; may be empty.'),
        }),
      ),
    }),
  },
  'POST /operator/v1/holds/:id/approve': {
    group: 'Operators',
    title: 'Carries out what waits',
    by: 'operator',
    body: decisionBody,
    bodyMayBeLeftOut: true,
    answer: decided,
    errors: ['read_only', 'not_found', 'hold_decided', 'hold_conflict'],
  },
  'POST /operator/v1/holds/:id/reject': {
    group: 'Operators',
    title: 'Lets what waits be',
    by: 'operator',
    body: decisionBody,
    bodyMayBeLeftOut: true,
    answer: decided,
    errors: ['read_only', 'not_found', 'hold_decided'],
  },
};
