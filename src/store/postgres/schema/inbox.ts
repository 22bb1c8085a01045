import { sql } from 'drizzle-orm';
import { check, customType, index, integer, text, timestamp } from 'drizzle-orm/pg-core';
import { providerTime, rolecall } from './rolecall.ts';

const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

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
  },
  (table) => [
    check('inbox_outcome', sql`${table.outcome} in ('applied', 'stale', 'ignored', 'held', 'failed')`),
    index('inbox_received_at').on(table.receivedAt),
    index('inbox_unfinished')
      .on(table.outcome, table.receivedAt)
      .where(sql`${table.outcome} in ('held', 'failed')`),
  ],
);
