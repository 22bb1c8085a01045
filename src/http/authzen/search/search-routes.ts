import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Context } from 'hono';
import * as v from 'valibot';
import { evaluate } from '../../../pipeline/evaluate.ts';
import { search } from '../../../pipeline/search/search.ts';
import { failure } from '../../failure.ts';
import { cursorTo } from '../../listing/cursor.ts';
import type { Services } from '../../services.ts';
import { type Asker, questionOf } from '../read-question.ts';
import { readRequest } from '../read-request.ts';
import { problemOf } from '../shapes.ts';
import { actionSearch, MOST_RESULTS, type Page, resourceSearch, subjectSearch } from './shapes.ts';
import { actionTarget, resourceTarget, subjectTarget, type Target } from './targets.ts';

/** `POST …/access/v1/search/subject`: who may do this here? */
export async function searchSubjects(c: Context, services: Services): Promise<Response> {
  return answer(c, services, subjectSearch, subjectTarget);
}

/** `POST …/access/v1/search/resource`: where may this subject do this? */
export async function searchResources(c: Context, services: Services): Promise<Response> {
  return answer(c, services, resourceSearch, resourceTarget);
}

/** `POST …/access/v1/search/action`: what may this subject do here? */
export async function searchActions(c: Context, services: Services): Promise<Response> {
  return answer(c, services, actionSearch, actionTarget);
}

async function answer<Request extends { readonly page: Page }>(
  c: Context,
  services: Services,
  shape: v.GenericSchema<unknown, Request>,
  targetOf: (request: Request, asker: Asker) => Target,
): Promise<Response> {
  const received = await readRequest(c, services);
  if (received instanceof Response) return received;
  const { asker, body } = received;
  const read = v.safeParse(shape, body);
  if (!read.success) return failure(c, 'invalid_request', {}, problemOf(read.issues));
  const { page, ...asked } = read.output;
  const request = fingerprint(c, asked);
  const [, continued = request, after = null] = page.token ?? [];
  if (continued !== request) return failure(c, 'invalid_request', {}, 'page.token is of another request.');

  const target = targetOf(read.output, asker);
  const probed = questionOf(target.fill(target.probe), asker);
  if ('refused' in probed) return failure(c, probed.refused);
  if ('denied' in probed) return c.json({ results: [], page: ended, context: { reason: probed.denied } });

  const { question, atLeastRevision } = probed;
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const evaluator = { store: services.store, clock: services.clock, sleep };
  // Candidates come after it: what they lack, no decision could put back.
  const known = await evaluate(evaluator, [question], atLeastRevision);
  if (known === 'not_yet') return failure(c, 'not_yet');
  const { candidates, everywhere = false } = target.candidates(known, question, services.searches);
  const found = await search(evaluator, {
    candidates,
    questionOn(candidate) {
      const posed = questionOf(target.fill(candidate), asker);
      return 'question' in posed ? posed.question : null;
    },
    after,
    limit: Math.min(page.limit, MOST_RESULTS),
    atLeastRevision,
  });
  if (found === 'not_yet') return failure(c, 'not_yet');
  c.header('rolecall-revision', String(found.revision));
  const next = found.next === null ? '' : cursorTo(['search', request, found.next]);
  return c.json({
    results: found.results.map(target.resultOf),
    page: { next_token: next, count: found.results.length },
    ...(everywhere ? { context: { everywhere } } : {}),
  });
}

const ended = { next_token: '', count: 0 };

/** All that must stay the same from page to page: a token is of no use for another search. */
function fingerprint(c: Context, asked: object): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([c.req.path, asked])))).slice(0, 32);
}
