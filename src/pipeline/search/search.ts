import type { Question } from '../../domain/question.ts';
import { type Evaluated, type Evaluator, evaluate } from '../evaluate.ts';

/** What is searched for, one page of it. */
export interface Search {
  /** Ids in a fixed order, after one of them; fewer than `limit` at the end only. */
  candidates(after: string | null, limit: number): Promise<readonly string[]>;
  /** What an evaluation would ask about one of them; null where it would ask nothing. */
  questionOn(candidate: string): Question | null;
  readonly after: string | null;
  readonly limit: number;
  /** A change that the results must contain. */
  readonly atLeastRevision: number;
}

export interface Found {
  readonly results: readonly string[];
  /** Where the next page goes on; null on the last page only: a page may hold fewer than its limit. */
  readonly next: string | null;
  /** The latest change that all of the results contain. */
  readonly revision: number;
}

/** Whoever comes into question and may not is passed over, a bounded number of them: a page is short rather than slow. */
const LEAST_AT_ONCE = 100;
const MOST_ROUNDS = 8;

/** Every result is one that the decision allows: whatever finds the candidates, it gives nobody anything. */
export async function search(evaluator: Evaluator, wanted: Search): Promise<Found | 'not_yet'> {
  const { limit, atLeastRevision } = wanted;
  const atOnce = Math.max(LEAST_AT_ONCE, limit + 1);
  const results: string[] = [];
  let revision = atLeastRevision;
  let { after } = wanted;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const candidates = await wanted.candidates(after, atOnce);
    const evaluated = await allowed(evaluator, wanted, candidates);
    if (evaluated === 'not_yet') return evaluated;
    if (round === 0) revision = evaluated.revision;
    results.push(...evaluated.allowed);
    after = candidates.at(-1) ?? after;
    if (results.length > limit)
      return { results: results.slice(0, limit), next: results[limit - 1] ?? wanted.after ?? '', revision };
    if (candidates.length < atOnce) return { results, next: null, revision };
  }
  return { results, next: after, revision };
}

async function allowed(
  evaluator: Evaluator,
  { questionOn, atLeastRevision }: Search,
  candidates: readonly string[],
): Promise<{ readonly allowed: readonly string[]; readonly revision: number } | 'not_yet'> {
  const asked = candidates.map((candidate) => ({ candidate, question: questionOn(candidate) }));
  const questions = asked.flatMap(({ question }) => (question === null ? [] : [question]));
  const evaluated = await evaluate(evaluator, questions, atLeastRevision);
  if (evaluated === 'not_yet') return evaluated;
  const may = (question: Question | null, { decisionOn }: Evaluated) =>
    question !== null && decisionOn(question).allowed;
  return {
    allowed: asked.filter(({ question }) => may(question, evaluated)).map(({ candidate }) => candidate),
    revision: evaluated.revision,
  };
}

/** Candidates that are known without the store, in the order of their code units. */
export function among(all: Iterable<string>): Search['candidates'] {
  const sorted = [...new Set(all)].sort();
  return (after, limit) =>
    Promise.resolve(sorted.filter((one) => after === null || one > after).slice(0, limit));
}
