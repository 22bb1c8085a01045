import { sql } from 'drizzle-orm';
import { check, index, integer, text, timestamp } from 'drizzle-orm/pg-core';
import { bytea, providerTime, rolecall } from './rolecall.ts';

/** Deliveries as received. Raw bodies are bytes, not jsonb: one `\u0000` in jsonb would abort a whole batch. */
export const inbox = rolecall.table(
  'inbox',
  {
    id: text('id').primaryKey(),
    source: text('source').notNull(),
    type: text('type'),
    at: providerTime('at'),
    instanceId: text('instance_id'),
    organizationId: text('organization_id'),
    userId: text('user_id'),
    body: bytea('body'),
    bodySha256: bytea('body_sha256').notNull(),
    outcome: text('outcome').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull().default(1),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    committedAt: timestamp('committed_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    /** When a failed one is tried again by itself; infinity once it is dead. Null: as soon as that can be. */
    retryAt: timestamp('retry_at', { withTimezone: true }),
  },
  (table) => [
    check('inbox_outcome', sql`${table.outcome} in ('applied', 'stale', 'ignored', 'held', 'failed')`),
    // For lists, the latest first; the id makes every place in them one of its own.
    index('inbox_received').on(table.receivedAt, table.id),
    index('inbox_outcome_received').on(table.outcome, table.receivedAt, table.id),
    index('inbox_type_received').on(table.type, table.receivedAt, table.id),
    index('inbox_organization_received')
      .on(table.organizationId, table.receivedAt, table.id)
      .where(sql`${table.organizationId} is not null`),
    index('inbox_user_received')
      .on(table.userId, table.receivedAt, table.id)
      .where(sql`${table.userId} is not null`),
    // Only what there is still to forget.
    index('inbox_kept').on(table.receivedAt).where(sql`${table.body} is not null`),
    // Only what could be decided on another time: a malformed message stays one.
    index('inbox_retry')
      .on(table.retryAt)
      .where(sql`${table.outcome} = 'failed' and ${table.reason} = 'refused_by_database'`),
  ],
);
