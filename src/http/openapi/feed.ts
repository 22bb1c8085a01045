import * as v from 'valibot';
import { parameters } from '../feed/feed-query.ts';
import { heldByMember } from './apps.ts';
import { instant, maybe, type Operations, query, revision, said, text } from './operation.ts';

const follows = query(parameters, {
  after: 'A revision: only what came after it is told.',
  epoch: 'Of the snapshot or the page before. With any other one it is 410.',
  limit: 'Changes in an answer, 1 to 1000; 500 unless told.',
  wait: 'Seconds to wait for a change, 30 at most; 0 unless told.',
});

const cutoff = v.strictObject({
  of: v.picklist(['session', 'member', 'user', 'role', 'organization']),
  id: text,
  at: instant,
});

const page = v.strictObject({
  epoch: said(text, 'As long as it is the same, revisions mean the same.'),
  changes: said(
    v.array(
      v.looseObject({
        revision,
        kind: text,
        organization: maybe,
        role: maybe,
        cutoff: v.optional(v.nullable(cutoff)),
        at: instant,
      }),
    ),
    'In order. What else they have hangs on their kind: docs/feed.md.',
  ),
  next: said(revision, 'Ask again after it.'),
});

export const FEED: Operations = {
  'GET /v1/snapshot': {
    group: 'Apps',
    title: 'Everything that holds at one revision',
    description:
      'Newline-delimited JSON, a line each; without its last line, of kind `end`, it is worth nothing: docs/feed.md.',
    by: 'app',
    media: 'application/x-ndjson',
    answer: v.looseObject({ kind: text }),
  },
  'GET /v1/changes': {
    group: 'Apps',
    title: 'What has changed since a revision',
    description:
      'With `Accept: text/event-stream` the same as server-sent events, which resume by `Last-Event-ID`.',
    by: 'app',
    query: follows,
    answer: page,
    errors: ['resync_required'],
  },
  'GET /v1/me/organizations/:organization': {
    group: 'Apps',
    title: 'What whoever shows the session token holds there now',
    by: 'session',
    answer: v.strictObject(heldByMember),
    errors: ['forbidden', 'invalid_parameter'],
  },
  'GET /v1/me/changes': {
    group: 'Apps',
    title: 'What changes for whoever shows the session token',
    description: 'Also as server-sent events, until the token ends or is cut off.',
    by: 'session',
    query: follows,
    answer: page,
    errors: ['resync_required', 'too_many_streams'],
  },
};
