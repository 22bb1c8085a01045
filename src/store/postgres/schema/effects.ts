import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { providerTime, rolecall } from './rolecall.ts';

/**
 * What is owed to the outside. At most one of a kind is owed for the same subject: a second one joins the first. Only
 * changes that reach members unseen are owed for one by one: each has its own before.
 */
export const effects = rolecall.table(
  'effects',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    organizationId: text('organization_id').notNull().default(''),
    userId: text('user_id').notNull().default(''),
    lane: smallint('lane').notNull(),
    cutoff: providerTime('cutoff'),
    onlyWhenLast: boolean('only_when_last').notNull().default(false),
    status: text('status').notNull(),
    /** Raised when more is owed while one is under way: its settling then finds that it is not done. */
    generation: integer('generation').notNull().default(1),
    attempts: integer('attempts').notNull().default(0),
    /** How far the attempts have come, where one is not enough. */
    progress: integer('progress').notNull().default(0),
    /** Of a change that reaches members unseen: what they held by before, and as far as which they were looked at. */
    loss: jsonb('loss'),
    reached: text('reached'),
    dueAt: timestamp('due_at', { withTimezone: true }).notNull(),
    leaseToken: uuid('lease_token'),
    leasedUntil: timestamp('leased_until', { withTimezone: true }),
    lastError: text('last_error'),
    /** How each of the latest attempts ended. */
    tries: jsonb('tries').notNull().default([]),
    deliveryId: text('delivery_id'),
    /** Which reconciliation asks, where it was one. */
    reconciliationId: bigint('reconciliation_id', { mode: 'number' }),
    owedAt: timestamp('owed_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    settledAt: timestamp('settled_at', { withTimezone: true }),
  },
  (table) => [
    check(
      'effects_kind',
      sql`${table.kind} in ('revoke_sessions', 'revoke_holders', 'lookup_member', 'lookup_user', 'lookup_organization', 'lookup_roles', 'check_constraints')`,
    ),
    check('effects_status', sql`${table.status} in ('owed', 'done', 'dead', 'observed')`),
    uniqueIndex('effects_owed_once')
      .on(table.kind, table.organizationId, table.userId)
      .where(sql`${table.status} = 'owed' and ${table.kind} <> 'revoke_holders'`),
    index('effects_due').on(table.lane, table.dueAt).where(sql`${table.status} = 'owed'`),
    index('effects_delivery').on(table.deliveryId),
    index('effects_status').on(table.status, table.id),
    // For the one who looks after it: the oldest of a kind that is owed, and what was owed when.
    index('effects_oldest').on(table.kind, table.owedAt).where(sql`${table.status} = 'owed'`),
    index('effects_settled').on(table.settledAt).where(sql`${table.settledAt} is not null`),
  ],
);
