import type { Context } from 'hono';
import * as v from 'valibot';
import { failure } from '../failure.ts';
import { readQuery } from '../listing/query.ts';

const MOST_SECONDS = 30;

const revision = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9][0-9]{0,15})$/),
  v.transform(Number),
  v.maxValue(Number.MAX_SAFE_INTEGER),
);
export const parameters = {
  after: v.optional(revision),
  // Any text that there could be: a NUL is none that the database could be asked about.
  epoch: v.optional(v.pipe(v.string(), v.regex(/^\P{Cc}{1,100}$/u))),
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,3}$/), v.transform(Number), v.maxValue(1_000)),
    '500',
  ),
  /** Longer waits are cut short: something in between would end them anyhow. */
  wait: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,4}$/),
      v.transform((seconds) => Math.min(Number(seconds), MOST_SECONDS)),
    ),
    '0',
  ),
};

export interface FeedQuery {
  /** Null where none is named. */
  readonly after: number | null;
  readonly epoch: string | null;
  readonly limit: number;
  readonly waitMs: number;
  /** Server-sent events instead of one answer. */
  readonly asEvents: boolean;
}

/** What a reader of the feed asks for, or the answer that names what cannot be used. */
export function readFeedQuery(c: Context): FeedQuery | Response {
  const query = readQuery(c, parameters);
  if (query instanceof Response) return query;
  const asEvents = /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(c.req.header('accept') ?? '');
  const resumed = asEvents ? c.req.header('last-event-id') : undefined;
  const read = resumed === undefined || resumed === '' ? null : v.safeParse(revision, resumed);
  if (read?.success === false) {
    return failure(c, 'invalid_parameter', {}, 'The header "Last-Event-ID" is malformed.');
  }
  return {
    // It comes from the same reader, and later than the address.
    after: read?.output ?? query.after ?? null,
    epoch: query.epoch ?? null,
    limit: query.limit,
    waitMs: c.req.method === 'HEAD' ? 0 : query.wait * 1_000,
    asEvents,
  };
}
