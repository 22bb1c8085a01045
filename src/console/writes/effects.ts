import * as v from 'valibot';
import { readNumber } from '../../http/operator/number.ts';
import { pauseBody } from '../../http/operator/upkeep-routes.ts';
import { write } from '../route.ts';

export const retry = write('/console/effects/:id/retry', async ({ c, services, operator }) => {
  const id = readNumber(c.req.param('id'));
  const result = id === null ? null : await services.operators.retryEffect(id, operator.name);
  if (id === null || result === null) return { failure: 'not_found' };
  if (result === 'done' || result === 'observed') return { failure: 'nothing_to_retry' };
  services.log.info('effect_retried', { effect: id, by: operator.name, result });
  services.dispatchSoon();
  return { go: null, said: `Effect ${id} is tried again now.` };
});

export const pause = write('/console/effects/pause', async ({ services, operator }, form) => {
  const given = v.safeParse(pauseBody, { reason: form.get('reason') });
  if (!given.success) return { failure: 'invalid_request', words: 'Say why, in one line.' };
  await services.upkeep.pauseEffects(operator.name, given.output.reason);
  services.log.warn('effects_paused', { by: operator.name });
  return { go: null, said: 'Nobody is signed out at Clerk until you resume. Tokens are refused as ever.' };
});

export const resume = write('/console/effects/resume', async ({ services, operator }) => {
  await services.upkeep.resumeEffects(operator.name, '');
  services.log.info('effects_resumed', { by: operator.name });
  services.dispatchSoon();
  return { go: null, said: 'What has gathered is carried out now.' };
});
