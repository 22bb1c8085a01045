import type { Context } from 'hono';
import type { FeedChange } from '../../pipeline/ports.ts';
import { readToken } from '../asker.ts';
import { failure } from '../failure.ts';
import { refused } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { changeJson } from './change-json.ts';
import { eventStream } from './event-stream.ts';
import { readFeedQuery } from './feed-query.ts';

/** `GET /v1/changes`: what has changed since a revision, at once or as soon as there is anything, or as events. */
export async function readChanges(c: Context, services: Services): Promise<Response> {
  const token = readToken(c, services);
  if (token instanceof Response) return token;
  const query = readFeedQuery(c);
  if (query instanceof Response) return query;
  const { after, epoch, limit, waitMs, asEvents } = query;
  if (after === null) return refused(c, 'after', 'is missing');

  const { feed } = services;
  const told = { limit, isTold: toldTo(token.organization) };
  const { signal } = c.req.raw;
  const first = await feed.follow({ ...told, after, epoch, waitMs: asEvents ? 0 : waitMs, signal });
  if (first === 'resync_required') return failure(c, 'resync_required');
  if (!asEvents) {
    return c.json({ epoch: first.epoch, changes: first.changes.map(changeJson), next: first.next });
  }
  return eventStream(c, {
    first,
    next: (page, ms, gone) =>
      feed.follow({ ...told, after: page.next, epoch: page.epoch, waitMs: ms, signal: gone }),
    write: changeText,
    msLeft: () => (feed.isClosed() ? 0 : Number.POSITIVE_INFINITY),
  });
}

/** Of one organization only: what is about it, its members' users, and roles and policies, which are everybody's. */
function toldTo(organization: string | null): (change: FeedChange) => boolean {
  if (organization === null) return () => true;
  return ({ organizationId, userId, belongsTo }) =>
    organizationId === organization ||
    (organizationId === null && (userId === null || belongsTo.includes(organization)));
}

/** Written once, however many are told. */
const texts = new WeakMap<FeedChange, string>();

function changeText(change: FeedChange): string {
  const known = texts.get(change);
  if (known !== undefined) return known;
  const text = JSON.stringify(changeJson(change));
  texts.set(change, text);
  return text;
}
