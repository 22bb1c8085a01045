import type { Context } from 'hono';
import { isCutOff } from '../../domain/decide-access.ts';
import type { FeedChange, PresentedSession } from '../../pipeline/ports.ts';
import { failure, RETRY_AFTER } from '../failure.ts';
import { changeJson } from '../feed/change-json.ts';
import { eventStream } from '../feed/event-stream.ts';
import { type FeedQuery, readFeedQuery } from '../feed/feed-query.ts';
import { instant } from '../json.ts';
import type { Services } from '../services.ts';
import { readCaller, refusedFor } from './caller.ts';
import { allowOrigin } from './cors.ts';

/** Anybody with a browser may ask: a page that is further behind than this fetches what it shows anew. */
const MOST_PASSED_OVER = 2_000;

/**
 * `GET /v1/me/changes`: what changes for whoever shows the session token, as one answer or as events. It ends with the
 * token, be it by its time or because it is cut off.
 */
export async function readMyChanges(c: Context, services: Services): Promise<Response> {
  allowOrigin(c, services);
  const caller = await readCaller(c, services);
  if (caller instanceof Response) return caller;
  const query = readFeedQuery(c);
  if (query instanceof Response) return query;
  const refusal = refusedFor(c, caller, await services.feedStore.readSession(caller));
  if (refusal !== null) return refusal;
  const letGo = services.myStreams.open(caller.userId);
  if (letGo === null) return failure(c, 'too_many_streams', RETRY_AFTER);
  try {
    return await follow(c, services, caller, query, letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

async function follow(
  c: Context,
  { feed, clock }: Services,
  caller: PresentedSession,
  query: FeedQuery,
  letGo: () => void,
): Promise<Response> {
  const lifeLeft = () => Math.max(0, caller.expiresAt - clock.now());
  const { after, epoch, limit, waitMs, asEvents } = query;
  const told = {
    limit,
    isTold: (change: FeedChange) => concerns(change, caller),
    mostPassedOver: MOST_PASSED_OVER,
  };
  const first = await feed.follow({
    ...told,
    after,
    epoch,
    waitMs: asEvents ? 0 : Math.min(waitMs, lifeLeft()),
    signal: c.req.raw.signal,
  });
  if (first === 'resync_required' || !asEvents) letGo();
  if (first === 'resync_required') return failure(c, 'resync_required');
  if (!asEvents) {
    const changes = first.changes.map((change) => toldJson(change, caller));
    return c.json({ epoch: first.epoch, changes, next: first.next });
  }
  return eventStream(c, {
    first,
    next: (page, ms, gone) =>
      feed.follow({ ...told, after: page.next, epoch: page.epoch, waitMs: ms, signal: gone }),
    write: (change) => JSON.stringify(toldJson(change, caller)),
    ended: letGo,
    msLeft: (changes) =>
      feed.isClosed() || changes.some((change) => cutsOff(change, caller)) ? 0 : lifeLeft(),
  });
}

/** What is about the user, about the organization that is active, and about roles and policies. */
function concerns(change: FeedChange, { userId, organizationId }: PresentedSession): boolean {
  if (change.userId !== null) return change.userId === userId;
  if (change.organizationId === null) return true;
  return change.organizationId === organizationId && change.agentId === null;
}

/** Of what is not about the user, only that it happened: what others' roles grant is none of theirs. */
function toldJson(change: FeedChange, { userId }: PresentedSession): object {
  const { delivery: _, ...own } = changeJson(change);
  if (change.userId === userId) return own;
  const { revision, kind, organizationId: organization, role, at } = change;
  return { revision, kind, organization, role, at: instant(at) };
}

/** A role's cutoff is taken for one's own: whoever does not hold it comes back with the same token. */
function cutsOff({ cutoff }: FeedChange, presented: PresentedSession): boolean {
  if (cutoff === null) return false;
  const { userId, sessionId, organizationId } = presented;
  if (cutoff.of === 'session') return cutoff.id === sessionId;
  const hit = {
    user: cutoff.id === userId,
    member: cutoff.id === `${organizationId}/${userId}`,
    organization: cutoff.id === organizationId,
    role: organizationId !== null,
  }[cutoff.of];
  return hit && isCutOff(presented, cutoff.at);
}
