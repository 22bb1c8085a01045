import * as v from 'valibot';
import { readNumber } from '../../http/operator/number.ts';
import { reason } from '../../http/operator/reason.ts';
import { approveHold, rejectHold } from '../../pipeline/holds/decide-hold.ts';
import { write } from '../route.ts';

export const approve = decision('/console/holds/:id/approve', approveHold);
export const reject = decision('/console/holds/:id/reject', rejectHold);

function decision(path: string, verb: typeof approveHold) {
  return write(path, async ({ c, services, operator }, form) => {
    const id = readNumber(c.req.param('id'));
    if (id === null) return { failure: 'not_found' };
    const why = v.safeParse(reason, form.get('reason') ?? '');
    if (!why.success) return { failure: 'invalid_request' };
    const decided = await verb(services, id, operator.name, why.output);
    services.log.info('hold_decided', { hold: id, by: operator.name, result: decided.result });
    switch (decided.result) {
      case 'not_waiting':
        return { failure: decided.hold === null ? 'not_found' : 'hold_decided' };
      case 'conflict':
      case 'held':
        return { failure: 'hold_conflict' };
      case 'rejected':
        return { go: null, said: `Hold ${id} is rejected: nobody loses anything by it.` };
      case 'asked':
        services.reconcileSoon();
        services.dispatchSoon();
        return { go: null, said: `Hold ${id} is approved: Clerk is asked about each of them.` };
      case 'applied':
      case 'unchanged':
        return { go: null, said: `Hold ${id} is approved and carried out.` };
    }
  });
}
