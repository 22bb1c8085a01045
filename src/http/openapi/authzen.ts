import * as v from 'valibot';
import { actionSearch, resourceSearch, subjectSearch } from '../authzen/search/shapes.ts';
import { evaluation, evaluations } from '../authzen/shapes.ts';
import { count, type Operation, type Operations, said, text } from './operation.ts';

const decision = v.strictObject({
  decision: v.boolean(),
  context: v.optional(
    v.strictObject({
      reason: said(text, 'Why not, in one word.'),
      error: v.optional(
        said(v.strictObject({ status: count, message: text }), 'Of an item that could not be read or asked.'),
      ),
    }),
  ),
});

const page = v.strictObject({
  next_token: said(
    text,
    'Ask again with it as `page.token`. Empty on the last page, which a short one need not be.',
  ),
  count: said(count, 'Results on this page.'),
});

const entities = v.array(v.strictObject({ type: text, id: text }));
const denied = v.optional(
  v.strictObject({
    reason: v.optional(said(text, 'Why nothing could be found, whoever or whatever it is.')),
  }),
);

const evaluate: Operation = {
  group: 'AuthZEN',
  title: 'May this subject do this, here, now?',
  description: 'A denial is an answer: 200 with `decision` false and the reason.',
  by: 'app',
  body: evaluation,
  answer: decision,
  errors: ['not_yet'],
};

const evaluateAll: Operation = {
  group: 'AuthZEN',
  title: 'Up to 1000 questions, answered at one moment',
  description:
    'What an item leaves out is taken whole from the top. An item that cannot be read is a denied one. Without `evaluations`, or with an empty list, it is one evaluation.',
  by: 'app',
  body: evaluations,
  answer: v.union([v.strictObject({ evaluations: v.array(decision) }), decision]),
  errors: ['not_yet', 'too_many_evaluations'],
};

const subjects: Operation = {
  group: 'AuthZEN',
  title: 'Who may do this here?',
  description: 'Every result is one that an evaluation allows. `page.limit` is at most 500.',
  by: 'app',
  body: subjectSearch,
  answer: v.strictObject({ results: entities, page, context: denied }),
  errors: ['not_yet'],
};

const resources: Operation = {
  group: 'AuthZEN',
  title: 'Where may this subject do this?',
  description:
    'Organizations, and resources of the types that the policy knows as scopes, as far as anybody has a role in them.',
  by: 'app',
  body: resourceSearch,
  answer: v.strictObject({
    results: entities,
    page,
    context: v.optional(
      v.strictObject({
        reason: v.optional(text),
        everywhere: v.optional(
          said(
            v.boolean(),
            'The subject may in every resource of the type, also in those that are not known here.',
          ),
        ),
      }),
    ),
  }),
  errors: ['not_yet'],
};

const actions: Operation = {
  group: 'AuthZEN',
  title: 'What may this subject do here?',
  by: 'app',
  body: actionSearch,
  answer: v.strictObject({ results: v.array(v.strictObject({ name: text })), page, context: denied }),
  errors: ['not_yet'],
};

const metadata: Operation = {
  group: 'AuthZEN',
  title: 'Where this decision point is to be asked',
  by: 'anyone',
  answer: v.strictObject({
    policy_decision_point: text,
    access_evaluation_endpoint: text,
    access_evaluations_endpoint: text,
    search_subject_endpoint: text,
    search_resource_endpoint: text,
    search_action_endpoint: text,
  }),
  errors: ['misconfigured'],
};

export const AUTHZEN: Operations = {
  'POST /access/v1/evaluation': evaluate,
  'POST /access/v1/evaluations': evaluateAll,
  'POST /access/v1/search/subject': subjects,
  'POST /access/v1/search/resource': resources,
  'POST /access/v1/search/action': actions,
  'POST /organizations/:organization/access/v1/evaluation': evaluate,
  'POST /organizations/:organization/access/v1/evaluations': evaluateAll,
  'POST /organizations/:organization/access/v1/search/subject': subjects,
  'POST /organizations/:organization/access/v1/search/resource': resources,
  'POST /organizations/:organization/access/v1/search/action': actions,
  'GET /.well-known/authzen-configuration': metadata,
  'GET /.well-known/authzen-configuration/organizations/:organization': metadata,
};
