import * as v from 'valibot';
import { reconciliationBody } from '../operator/reconciliation-request.ts';
import { driftParameters, listParameters } from '../operator/reconciliation-routes.ts';
import { count, instant, maybe, next, type Operations, query, said, text } from './operation.ts';

const reconciliation = {
  id: count,
  status: v.picklist(['running', 'done', 'failed', 'cancelled']),
  cause: v.picklist(['operator', 'import', 'schedule', 'outage', 'restore', 'poll']),
  organization: said(maybe, 'Null for all.'),
  dry_run: v.boolean(),
  stage: said(text, 'What is being read or done now.'),
  compared: said(count, 'How many of Clerk’s objects were compared.'),
  total: said(v.nullable(count), 'How many there are, as far as Clerk has told by now.'),
  drift: said(v.record(text, count), 'How many differences of which kind.'),
  held: said(v.nullable(count), 'The hold in which those whom Clerk did not list wait for an operator.'),
  problem: said(maybe, 'Why the last page could not be had.'),
  by: said(text, 'The name of the operator’s token; `rolecall` for what starts by itself.'),
  reason: text,
  asked_at: instant,
  ended_at: v.nullable(instant),
  cancelled_by: maybe,
};

const difference = v.strictObject({
  kind: said(
    text,
    '`missing` (Clerk has it, we did not), `extra` (the reverse), `wrong_role`, `stale_metadata`, `wrong_suspension`, `wrong_definition` (of a role), `stale_organization`, `contradicted` (it ended here, or is later here than by Clerk’s own times, and Clerk lists it otherwise: nothing is changed).',
  ),
  organization: maybe,
  user: maybe,
  subject: said(text, 'Clerk’s id of what differs.'),
  ours: v.unknown(),
  theirs: v.unknown(),
  outcome: said(
    v.picklist(['found', 'repaired', 'asked', 'held', 'rejected']),
    '`found`: by a dry run, or contradicted; `asked`: a direct question to Clerk decides; `held`: waits for an operator; `rejected`: by one.',
  ),
});

const whole = v.strictObject({ ...reconciliation, differences: v.array(difference), next });
const page = {
  limit: 'Entries on a page, 1 to 500; 100 unless told.',
  cursor: 'Where the page before ended: its `next`.',
};

export const RECONCILIATIONS: Operations = {
  'POST /operator/v1/reconciliations': {
    group: 'Operators',
    title: 'Compares everything, or one organization, with Clerk',
    description: 'A dry run changes nothing. The same one started twice is one.',
    by: 'operator',
    body: reconciliationBody,
    answer: whole,
    accepted: 'It runs on: look at it by its id.',
    errors: ['read_only', 'calls_paused'],
  },
  'GET /operator/v1/reconciliations': {
    group: 'Operators',
    title: 'Reconciliations, the latest first',
    by: 'operator',
    query: query(listParameters, page),
    answer: v.strictObject({ reconciliations: v.array(v.strictObject(reconciliation)), next }),
  },
  'GET /operator/v1/reconciliations/:id': {
    group: 'Operators',
    title: 'How far a reconciliation has come, and what it found',
    by: 'operator',
    query: query(driftParameters, page),
    answer: whole,
    errors: ['not_found'],
  },
  'POST /operator/v1/reconciliations/:id/cancel': {
    group: 'Operators',
    title: 'Ends a reconciliation; what was repaired stays so',
    by: 'operator',
    answer: whole,
    errors: ['read_only', 'not_found', 'reconciliation_ended'],
  },
};
