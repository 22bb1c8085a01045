import * as v from 'valibot';
import { grantOf } from '../../domain/grant.ts';
import { isOrganizationId, isUserId, type OrganizationId, type UserId } from '../../domain/ids.ts';
import type { FeedStore, SnapshotLines } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';
import type { Downloads } from './downloads.ts';

const text = v.nullable(v.string());
const texts = v.array(v.string());
const scoped = v.record(v.string(), v.record(v.string(), v.string()));

const change = v.object({
  revision: v.number(),
  kind: v.string(),
  organizationId: v.nullable(v.custom<OrganizationId>(isOrganizationId)),
  userId: v.nullable(v.custom<UserId>(isUserId)),
  agentId: text,
  role: text,
  permissions: v.pipe(
    texts,
    v.transform((all) => all.map(grantOf)),
  ),
  // Strict: of what is not known here, whoever keeps a copy would not be told.
  details: v.strictObject({
    scoped: v.exactOptional(scoped),
    contested: v.exactOptional(v.literal(true)),
    waiting: v.exactOptional(v.array(v.object({ role: v.string(), scoped }))),
    scope: v.exactOptional(v.string()),
    featured: v.exactOptional(v.record(v.string(), texts)),
    features: v.exactOptional(texts),
    scopes: v.exactOptional(v.record(v.string(), v.boolean())),
    unsure: v.exactOptional(v.picklist(['resources', 'everything'])),
  }),
  cutoff: v.nullable(
    v.object({
      of: v.picklist(['session', 'member', 'user', 'role', 'organization']),
      id: v.string(),
      at: v.number(),
    }),
  ),
  at: v.number(),
  deliveryId: text,
  suspended: v.boolean(),
  belongsTo: texts,
});

const changesRead = v.object({
  epoch: v.string(),
  head: v.number(),
  changes: v.optional(v.nullable(v.array(change)), null),
});

const lines = v.array(v.object({ kind: v.string(), line: v.string() }));
const firstLine = v.object({ kind: v.literal('snapshot'), revision: v.number() });
const sessionStanding = v.object({
  cutoff: v.nullable(v.number()),
  ended: v.boolean(),
  foreign: v.boolean(),
});

/** Some 250 KB of text. */
const LINES_AT_ONCE = 2_000;

export function postgresFeedStore(statements: Statements, downloads: Downloads): FeedStore {
  return {
    async readChanges(wanted) {
      return checked(changesRead, await statements.call('read_changes', wanted));
    },

    async *readSnapshot(wanted) {
      let revision: number | null = null;
      for await (const rows of downloads.rows('snapshot', wanted, LINES_AT_ONCE)) {
        const read = checked(lines, rows);
        revision ??= checked(firstLine, JSON.parse(read[0]?.line ?? 'null')).revision;
        yield together(revision, read);
      }
    },

    async readSession({ userId, sessionId, organizationId }) {
      const presented = { userId, sessionId, organizationId };
      return checked(sessionStanding, await statements.call('read_session', presented));
    },
  };
}

function together(revision: number, read: v.InferOutput<typeof lines>): SnapshotLines {
  let [all, members] = ['', 0];
  for (const { kind, line } of read) {
    all += `${line}\n`;
    if (kind === 'member') members += 1;
  }
  return { revision, text: all, members };
}
