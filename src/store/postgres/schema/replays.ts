import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** Deliveries that are decided on once more, because an operator asked for it. Carried out page by page. */
export const replays = rolecall.table(
  'replays',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    status: text('status').notNull().default('running'),
    dryRun: boolean('dry_run').notNull(),
    /** {ids} or {filter}. */
    selection: jsonb('selection').notNull(),
    /** SHA-256 of what is asked for: the same one is not carried out twice at once. */
    digest: text('digest').notNull(),
    /** How many there are, as counted at the start; null where there are too many to count. */
    total: integer('total'),
    done: integer('done').notNull().default(0),
    /** How many had which outcome. */
    outcomes: jsonb('outcomes').notNull().default({}),
    /** The last one that was done; null at the start. */
    afterReceivedAt: timestamp('after_received_at', { withTimezone: true }),
    afterId: text('after_id'),
    /** Pages that were begun since the last one that ended: a delivery that kills its process is found by it. */
    begun: integer('begun').notNull().default(0),
    leaseToken: uuid('lease_token'),
    leasedUntil: timestamp('leased_until', { withTimezone: true }),
    askedBy: text('asked_by').notNull(),
    reason: text('reason').notNull(),
    askedAt: timestamp('asked_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    cancelledBy: text('cancelled_by'),
  },
  (table) => [
    check('replays_status', sql`${table.status} in ('running', 'done', 'cancelled')`),
    uniqueIndex('replays_running_once').on(table.digest).where(sql`${table.status} = 'running'`),
  ],
);

/** What became of each delivery of a replay. */
export const replayed = rolecall.table(
  'replayed',
  {
    replayId: bigint('replay_id', { mode: 'number' }).notNull(),
    position: integer('position').notNull(),
    deliveryId: text('delivery_id').notNull(),
    outcome: text('outcome').notNull(),
    reason: text('reason').notNull(),
    /** Who gains and who loses which permission. */
    differences: jsonb('differences').notNull().default([]),
    /** How many effects it owed, lookups among them. */
    owed: integer('owed').notNull().default(0),
    at: timestamp('at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.replayId, table.position] })],
);
