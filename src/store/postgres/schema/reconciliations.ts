import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** Comparisons with all that the provider lists, of one organization or of all. Carried out page by page. */
export const reconciliations = rolecall.table(
  'reconciliations',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    status: text('status').notNull().default('running'),
    cause: text('cause').notNull(),
    /** Empty for all. */
    organizationId: text('organization_id').notNull().default(''),
    dryRun: boolean('dry_run').notNull(),
    /** Which list of the provider is being read, and from where on. */
    stage: text('stage').notNull().default('roles'),
    position: integer('position').notNull().default(0),
    /** The last of our own members that was looked at, once it is their turn. */
    after: jsonb('after'),
    /** How many of the provider's objects were compared, and how many there are as far as it told. */
    compared: integer('compared').notNull().default(0),
    total: integer('total'),
    /** How many differences of which kind. */
    drift: jsonb('drift').notNull().default({}),
    /** How the last attempt of a page failed; null when it did not. */
    problem: text('problem'),
    /** Attempts of the page that is next. */
    attempts: integer('attempts').notNull().default(0),
    dueAt: timestamp('due_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    leaseToken: uuid('lease_token'),
    leasedUntil: timestamp('leased_until', { withTimezone: true }),
    askedBy: text('asked_by').notNull(),
    reason: text('reason').notNull(),
    askedAt: timestamp('asked_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    /** Absence is only inferred of what did not change since shortly before it. */
    begunAt: timestamp('begun_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    cancelledBy: text('cancelled_by'),
  },
  (table) => [
    check('reconciliations_status', sql`${table.status} in ('running', 'done', 'failed', 'cancelled')`),
    check(
      'reconciliations_cause',
      sql`${table.cause} in ('operator', 'import', 'schedule', 'outage', 'restore', 'poll')`,
    ),
    uniqueIndex('reconciliations_running_once')
      .on(table.organizationId, table.dryRun)
      .where(sql`${table.status} = 'running'`),
    index('reconciliations_ended').on(table.endedAt),
  ],
);

/** Which memberships the provider has listed to a reconciliation that runs; forgotten when it ends. */
export const reconciled = rolecall.table(
  'reconciled',
  {
    reconciliationId: bigint('reconciliation_id', { mode: 'number' }).notNull(),
    membershipId: text('membership_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.reconciliationId, table.membershipId] })],
);

/** What a reconciliation found that was not as the provider says. Append-only but for what became of it. */
export const drift = rolecall.table(
  'drift',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    reconciliationId: bigint('reconciliation_id', { mode: 'number' }).notNull(),
    kind: text('kind').notNull(),
    organizationId: text('organization_id'),
    userId: text('user_id'),
    /** The provider's id of what differs. */
    subject: text('subject').notNull(),
    ours: jsonb('ours'),
    theirs: jsonb('theirs'),
    /** `found` by a dry run, or contradicted; `repaired`; `asked` about by a direct lookup; `held` for an operator; `rejected` by one. */
    outcome: text('outcome').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (table) => [
    check('drift_outcome', sql`${table.outcome} in ('found', 'repaired', 'asked', 'held', 'rejected')`),
    index('drift_reconciliation').on(table.reconciliationId, table.id),
  ],
);
