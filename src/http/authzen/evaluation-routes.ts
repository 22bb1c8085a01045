import type { Context } from 'hono';
import * as v from 'valibot';
import type { AccessDecision } from '../../domain/question.ts';
import { evaluate } from '../../pipeline/evaluate.ts';
import { failure, failureOf } from '../failure.ts';
import type { Services } from '../services.ts';
import { type Asked, type Asker, readQuestion } from './read-question.ts';
import { readRequest } from './read-request.ts';
import { evaluations, isJsonObject, problemOf, type Semantic } from './shapes.ts';

const MOST_EVALUATIONS = 1_000;

type Outcome = AccessDecision | Extract<Asked, { readonly refused: string }>;

/** `POST …/access/v1/evaluation`: may this subject do this, here, now? A denial is an answer, not an error. */
export async function evaluateOne(c: Context, services: Services): Promise<Response> {
  const request = await readRequest(c, services);
  return request instanceof Response ? request : answerOne(c, services, request.body, request.asker);
}

/** `POST …/access/v1/evaluations`: many of them at one moment. One that cannot be read is denied by itself. */
export async function evaluateMany(c: Context, services: Services): Promise<Response> {
  const request = await readRequest(c, services);
  if (request instanceof Response) return request;
  const { asker, body } = request;
  const read = v.safeParse(evaluations, body);
  if (!read.success) return failure(c, 'invalid_request', {}, problemOf(read.issues));
  const { evaluations: items, options, ...defaults } = read.output;
  if (items.length === 0) return answerOne(c, services, body, asker);
  if (items.length > MOST_EVALUATIONS) return failure(c, 'too_many_evaluations');
  // An entity of an item replaces the default whole: merged halves would ask what nobody asked.
  const asked = items.map((item) =>
    readQuestion(isJsonObject(item) ? { ...defaults, ...item } : item, asker),
  );
  const outcomes = await decide(c, services, asked);
  if (outcomes === 'not_yet') return failure(c, 'not_yet');
  return c.json({ evaluations: upToTheDeciding(options.evaluations_semantic, outcomes).map(outcomeJson) });
}

async function answerOne(c: Context, services: Services, body: unknown, asker: Asker): Promise<Response> {
  const asked = readQuestion(body, asker);
  if ('refused' in asked)
    return failure(c, asked.refused, {}, 'problem' in asked ? asked.problem : undefined);
  const outcomes = await decide(c, services, [asked]);
  return outcomes === 'not_yet' ? failure(c, 'not_yet') : c.json(outcomes.map(outcomeJson)[0]);
}

/** All outcomes in their order, of one moment, which the answer names. */
async function decide(
  c: Context,
  { store, clock }: Services,
  asked: readonly Asked[],
): Promise<readonly Outcome[] | 'not_yet'> {
  const posed = asked.filter((one) => 'question' in one);
  const evaluated = await evaluate(
    { store, clock, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    posed.map(({ question }) => question),
    posed.reduce((latest, { atLeastRevision }) => Math.max(latest, atLeastRevision), 0),
  );
  if (evaluated === 'not_yet') return evaluated;
  c.header('rolecall-revision', String(evaluated.revision));
  return asked.map((one) => {
    if ('question' in one) return evaluated.decisionOn(one.question);
    return 'denied' in one ? { allowed: false, reason: one.denied } : one;
  });
}

/** The first denial ends `deny_on_first_deny`, the first permit `permit_on_first_permit`; what follows is left out. */
function upToTheDeciding(semantic: Semantic, outcomes: readonly Outcome[]): readonly Outcome[] {
  if (semantic === 'execute_all') return outcomes;
  const deciding = semantic === 'permit_on_first_permit';
  const index = outcomes.findIndex((one) => isAllowed(one) === deciding);
  return index === -1 ? outcomes : outcomes.slice(0, index + 1);
}

const isAllowed = (outcome: Outcome): boolean => 'allowed' in outcome && outcome.allowed;

function outcomeJson(outcome: Outcome): object {
  if ('allowed' in outcome)
    return outcome.allowed ? { decision: true } : { decision: false, context: { reason: outcome.reason } };
  const { status, message } = failureOf(outcome.refused);
  const error = { status, message: 'problem' in outcome ? outcome.problem : message };
  return { decision: false, context: { reason: outcome.refused, error } };
}
