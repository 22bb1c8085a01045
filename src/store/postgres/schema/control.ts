import { sql } from 'drizzle-orm';
import { bigint, boolean, check, doublePrecision, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** Tables of exactly one row. */
const only = () => boolean('only').primaryKey().default(true);

/** The last lock of every commit that carries changes: commit order is revision order, and nothing is skipped. */
export const counter = rolecall.table(
  'counter',
  {
    only: only(),
    revision: bigint('revision', { mode: 'number' }).notNull().default(0),
    /** Moves with every change of a role's grants: decisions that rest on older grants are refused. */
    catalogVersion: bigint('catalog_version', { mode: 'number' }).notNull().default(0),
  },
  (table) => [check('counter_only', sql`${table.only}`)],
);

export const instance = rolecall.table(
  'instance',
  {
    only: only(),
    /** The one Clerk instance that this database belongs to; null until one was seen. */
    providerInstance: text('provider_instance'),
    pinnedAt: timestamp('pinned_at', { withTimezone: true }),
    /** Changes when the database was restored: revisions of another epoch mean nothing. */
    epoch: uuid('epoch').notNull().default(sql`gen_random_uuid()`),
  },
  (table) => [check('instance_only', sql`${table.only}`)],
);

/** A token bucket that all workers share, so that the customer's app keeps its part of Clerk's limit. */
export const providerBudget = rolecall.table(
  'provider_budget',
  {
    only: only(),
    tokens: doublePrecision('tokens').notNull().default(1),
    refilledAt: timestamp('refilled_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    pausedUntil: timestamp('paused_until', { withTimezone: true }),
  },
  (table) => [check('provider_budget_only', sql`${table.only}`)],
);
