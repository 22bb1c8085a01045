import { sql } from 'drizzle-orm';
import { bigint, index, integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** Every time a delivery was decided on, once there was more than one. Append-only. */
export const attempts = rolecall.table(
  'attempts',
  {
    deliveryId: text('delivery_id').notNull(),
    attempt: integer('attempt').notNull(),
    /** `delivery`, `retry` or `replay`. */
    cause: text('cause').notNull(),
    replayId: bigint('replay_id', { mode: 'number' }),
    outcome: text('outcome').notNull(),
    reason: text('reason').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.attempt] }), index('attempts_at').on(table.at)],
);

/** What operators did by hand. Append-only. */
export const operatorActions = rolecall.table(
  'operator_actions',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    operator: text('operator').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    reason: text('reason').notNull().default(''),
    at: timestamp('at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (table) => [index('operator_actions_at').on(table.at)],
);
