import * as v from 'valibot';
import { DELIVERY_STATUSES, type DeliveryFilter } from '../../pipeline/ports.ts';
import { identifier } from '../listing/query.ts';
import { moment } from '../moment.ts';

/** Names of events are dotted words. */
const eventType = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/));

/** What a filter of deliveries is made of, in a query or in a body. */
export const filterParameters = {
  status: v.optional(v.picklist(DELIVERY_STATUSES)),
  type: v.optional(eventType),
  organization: v.optional(identifier),
  user: v.optional(identifier),
  from: v.optional(moment),
  to: v.optional(moment),
};

type Given = v.InferOutput<v.ObjectSchema<typeof filterParameters, undefined>>;

export function filterFrom(given: Given): DeliveryFilter {
  return {
    status: given.status ?? null,
    type: given.type ?? null,
    organizationId: given.organization ?? null,
    userId: given.user ?? null,
    from: given.from ?? null,
    to: given.to ?? null,
  };
}
