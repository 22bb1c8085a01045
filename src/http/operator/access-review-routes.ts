import type { Context } from 'hono';
import * as v from 'valibot';
import { isOrganizationId } from '../../domain/ids.ts';
import { type ReviewPlace, reviewAccess } from '../../pipeline/audit/review-access.ts';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { invitationJson } from '../listing/invitations-route.ts';
import { identifier, limit, readQuery, user } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { reviewedJson } from './access-review-json.ts';
import { readOperator } from './authorize.ts';

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const position = v.union([
  v.strictTuple([v.picklist(['guest', 'member']), time, user]),
  v.strictTuple([v.literal('invitation'), time, identifier]),
]);

export const parameters = { limit, cursor: cursorFrom(position) };

/**
 * `GET /operator/v1/organizations/{organization}/access-review`: who has what there and since when, guests first and
 * the longest first, and behind them the invitations that can still be accepted.
 */
export async function reviewOrganization(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const organizationId = c.req.param('organization');
  if (!isOrganizationId(organizationId)) return failure(c, 'invalid_identifier');
  const review = await reviewAccess(services, {
    organizationId,
    after: placeIn(query.cursor),
    limit: query.limit,
  });
  return c.json({
    organization: organizationId,
    name: review.name,
    members: review.members.map(reviewedJson),
    invitations: review.invitations.map(invitationJson),
    next: review.next === null ? null : cursorTo(cursorAt(review.next)),
  });
}

type Cursor = v.InferOutput<typeof position>;

export function placeIn(cursor: Cursor | undefined): ReviewPlace | null {
  if (cursor === undefined) return null;
  if (cursor[0] === 'invitation') {
    return { of: 'invitations', position: { createdAt: cursor[1], id: cursor[2] } };
  }
  const [group, since, userId] = cursor;
  return { of: 'members', position: { guest: group === 'guest', since, userId } };
}

export function cursorAt(place: ReviewPlace): Cursor {
  if (place.of === 'invitations') return ['invitation', place.position.createdAt, place.position.id];
  const { guest, since, userId } = place.position;
  return [guest ? 'guest' : 'member', since, userId];
}
