import * as v from 'valibot';
import { beginReplay } from '../../http/operator/begin-replay.ts';
import { filterFrom, filterParameters } from '../../http/operator/filter.ts';
import { readNumber } from '../../http/operator/number.ts';
import { reason } from '../../http/operator/reason.ts';
import { deliveryIds } from '../../http/operator/replay-request.ts';
import { givenFilter } from '../pages/given-filter.ts';
import { write } from '../route.ts';

const needed = v.pipe(reason, v.minLength(1));

/** A preview of what was ticked, or of all that the filter finds. It changes nothing. */
export const preview = write('/console/replays', async ({ services, operator }, form) => {
  const asked = { dryRun: true, by: operator.name, reason: '' };
  if (form.get('what') === 'filter') {
    const filter = v.safeParse(v.object(filterParameters), givenFilter(form, Object.keys(filterParameters)));
    if (!filter.success) return { failure: 'invalid_request' };
    const { id } = await beginReplay(services, {
      ...asked,
      selection: { filter: filterFrom(filter.output) },
    });
    return { go: `/replays/${id}`, said: '' };
  }
  const ids = v.safeParse(deliveryIds, [...new Set(form.getAll('id'))]);
  if (!ids.success) return { failure: 'invalid_request', words: 'Tick at least one delivery.' };
  const { id } = await beginReplay(services, { ...asked, selection: { ids: ids.output } });
  return { go: `/replays/${id}`, said: '' };
});

/** The same deliveries as the preview's, for real. */
export const run = write('/console/replays/:id/run', async ({ c, services, operator }, form) => {
  const given = v.safeParse(needed, form.get('reason'));
  if (!given.success) return { failure: 'invalid_request', words: 'Say why, in one line.' };
  const previewed = readNumber(c.req.param('id'));
  const selection =
    previewed === null ? null : (await services.repeater.replays.readReplay(previewed))?.selection;
  if (selection == null) return { failure: 'not_found' };
  const { id, ended } = await beginReplay(services, {
    dryRun: false,
    by: operator.name,
    reason: given.output,
    selection,
  });
  return { go: `/replays/${id}`, said: ended ? 'Replayed.' : 'The replay goes on by itself.' };
});

export const cancel = write('/console/replays/:id/cancel', async ({ c, services, operator }) => {
  const id = readNumber(c.req.param('id'));
  if (id === null || (await services.repeater.replays.readReplay(id)) === null)
    return { failure: 'not_found' };
  if (!(await services.repeater.replays.cancelReplay(id, operator.name))) return { failure: 'replay_ended' };
  services.log.info('replay_cancelled', { replay: id, by: operator.name });
  return { go: null, said: 'Cancelled. What was done stays done.' };
});
