import type { Context } from 'hono';
import * as v from 'valibot';
import type { ReplayRequest } from '../../pipeline/ports.ts';
import { failure } from '../failure.ts';
import { readJson } from '../json.ts';
import { filterFrom, filterParameters } from './filter.ts';
import { reason } from './reason.ts';

/** By hand; whoever means more has a filter. */
const MOST_IDS = 1_000;

const deliveryId = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));
const how = { dry_run: v.optional(v.boolean(), false), reason: v.optional(reason, '') };
export const deliveryIds = v.pipe(v.array(deliveryId), v.minLength(1), v.maxLength(MOST_IDS));

export const replayBody = v.union([
  v.strictObject({ ids: deliveryIds, ...how }),
  v.strictObject({ filter: v.strictObject(filterParameters), ...how }),
]);

/** What is to be replayed, or the answer that says what is wrong with it. */
export async function readReplayRequest(c: Context): Promise<Omit<ReplayRequest, 'by'> | Response> {
  const json = await readJson(c);
  if (json instanceof Response) return json;
  const read = v.safeParse(replayBody, json.body);
  if (!read.success) {
    const words = `A replay has either "ids" (1 to ${MOST_IDS}) or a "filter", "dry_run" and "reason".`;
    return failure(c, 'invalid_request', {}, words);
  }
  const { dry_run: dryRun, reason } = read.output;
  if (!dryRun && reason === '') {
    return failure(c, 'invalid_request', {}, 'A replay that changes something needs a "reason".');
  }
  return {
    dryRun,
    reason,
    selection:
      'ids' in read.output
        ? { ids: [...new Set(read.output.ids)] }
        : { filter: filterFrom(read.output.filter) },
  };
}
