import * as v from 'valibot';
import { replayBody } from '../operator/replay-request.ts';
import { listParameters, resultParameters } from '../operator/replay-routes.ts';
import { count, instant, maybe, next, type Operations, query, said, text } from './operation.ts';

const replay = {
  id: count,
  status: v.picklist(['running', 'done', 'cancelled']),
  dry_run: v.boolean(),
  by: said(text, 'The name of the operator’s token.'),
  reason: text,
  total: said(v.nullable(count), 'Deliveries; null where there are too many to count.'),
  done: count,
  outcomes: said(v.record(text, count), 'How many deliveries ended how.'),
  asked_at: instant,
  ended_at: v.nullable(instant),
  cancelled_by: maybe,
};

const difference = v.strictObject({
  organization: maybe,
  user: maybe,
  agent: maybe,
  role: maybe,
  gained: v.array(text),
  lost: v.array(text),
});

const result = v.strictObject({
  delivery: text,
  outcome: text,
  reason: text,
  explanation: text,
  differences: said(v.array(difference), 'Who gains or loses which permission.'),
  owed: said(count, 'How much is owed to Clerk because of it.'),
});

const whole = v.strictObject({ ...replay, deliveries: v.array(result), next });
const page = {
  limit: 'Entries on a page, 1 to 500; 100 unless told.',
  cursor: 'Where the page before ended: its `next`.',
};

export const REPLAYS: Operations = {
  'POST /operator/v1/replays': {
    group: 'Operators',
    title: 'Decides on deliveries once more',
    description: 'A dry run changes nothing; anything else needs a `reason`.',
    by: 'operator',
    body: replayBody,
    answer: whole,
    accepted: 'It runs on: look at it by its id.',
    errors: ['read_only'],
  },
  'GET /operator/v1/replays': {
    group: 'Operators',
    title: 'Replays, the latest first',
    by: 'operator',
    query: query(listParameters, page),
    answer: v.strictObject({ replays: v.array(v.strictObject(replay)), next }),
  },
  'GET /operator/v1/replays/:id': {
    group: 'Operators',
    title: 'How far a replay has come, and what became of each delivery',
    by: 'operator',
    query: query(resultParameters, page),
    answer: whole,
    errors: ['not_found'],
  },
  'POST /operator/v1/replays/:id/cancel': {
    group: 'Operators',
    title: 'Ends a replay; what was done stays done',
    by: 'operator',
    answer: whole,
    errors: ['read_only', 'not_found', 'replay_ended'],
  },
};
