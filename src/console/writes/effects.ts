import { readNumber } from '../../http/operator/number.ts';
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
