import * as v from 'valibot';
import { readNumber } from '../../http/operator/number.ts';
import { pauseBody } from '../../http/operator/upkeep-routes.ts';
import type { EffectRetried } from '../../pipeline/ports.ts';
import { PAGE } from '../pages/effects.ts';
import { write } from '../route.ts';
import type { Visit } from '../visit.ts';

export const retry = write('/console/effects/:id/retry', async (visit) => {
  const id = readNumber(visit.c.req.param('id'));
  const result = id === null ? null : await tryAgain(visit, id);
  if (result === null) return { failure: 'not_found' };
  if (result === 'done' || result === 'observed') return { failure: 'nothing_to_retry' };
  visit.services.dispatchSoon();
  return { go: null, said: `Effect ${id} is tried again now.` };
});

/** All that one page lists: the same as pressing each button of it. */
export const retrySeveral = write('/console/effects/retry', async (visit, form) => {
  const ids = form.getAll('id').map(readNumber);
  if (ids.length === 0 || ids.length > PAGE) return { failure: 'invalid_request' };
  let again = 0;
  for (const id of ids) {
    const result = id === null ? null : await tryAgain(visit, id);
    if (result === 'owed' || result === 'joined') again += 1;
  }
  visit.services.dispatchSoon();
  return { go: null, said: `${again} of ${ids.length} are tried again now.` };
});

async function tryAgain({ services, operator }: Visit, id: number): Promise<EffectRetried | null> {
  const result = await services.operators.retryEffect(id, operator.name);
  if (result !== null) services.log.info('effect_retried', { effect: id, by: operator.name, result });
  return result;
}

export const pause = write('/console/effects/pause', async ({ services, operator }, form) => {
  const given = v.safeParse(pauseBody, { reason: form.get('reason') });
  if (!given.success) return { failure: 'invalid_request', words: 'Say why, in one line.' };
  await services.upkeep.pauseEffects(operator.name, given.output.reason);
  services.log.warn('effects_paused', { by: operator.name });
  return {
    go: null,
    said: 'Nobody is signed out at Clerk until you resume. Tokens are refused as ever.',
  };
});

export const resume = write('/console/effects/resume', async ({ services, operator }) => {
  await services.upkeep.resumeEffects(operator.name, '');
  services.log.info('effects_resumed', { by: operator.name });
  services.dispatchSoon();
  return { go: null, said: 'What has gathered is carried out now.' };
});
