import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, text, timestamp } from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** Every activation, in order. Append-only; the latest one is active. */
export const policies = rolecall.table('policies', {
  version: bigint('version', { mode: 'number' }).primaryKey(),
  name: text('name').notNull(),
  /** With inheritance resolved, for people and programs that ask what it says. */
  document: jsonb('document').notNull(),
  /** As decisions use it. */
  compiled: jsonb('compiled').notNull(),
  /** SHA-256 of the document: equal ones are the same policy. */
  digest: text('digest').notNull(),
  appliedBy: text('applied_by').notNull(),
  reason: text('reason').notNull(),
  appliedAt: timestamp('applied_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
});

/** What readers and decisions need of the active policy, in one row. Version 0: the provider's own roles alone. */
export const activePolicy = rolecall.table(
  'active_policy',
  {
    only: boolean('only').primaryKey().default(true),
    version: bigint('version', { mode: 'number' }).notNull().default(0),
    digest: text('digest'),
    scopes: text('scopes').array().notNull().default([]),
    /** The scopes into which organization roles reach. */
    reached: text('reached').array().notNull().default([]),
    readsOrganizations: boolean('reads_organizations').notNull().default(false),
    firstRole: text('first_role'),
    firstCount: integer('first_count').notNull().default(0),
  },
  (table) => [check('active_policy_only', sql`${table.only}`)],
);

/** What does not hold although the policy says that it should. Open until it holds again. */
export const findings = rolecall.table(
  'findings',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    organizationId: text('organization_id').notNull(),
    role: text('role').notNull(),
    detail: jsonb('detail').notNull(),
    foundAt: timestamp('found_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (table) => [
    index('findings_open')
      .on(table.organizationId, table.kind, table.role)
      .where(sql`${table.endedAt} is null`),
  ],
);

/** What Rolecall inferred and would take access from too many: it waits for an operator. */
export const holds = rolecall.table(
  'holds',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    status: text('status').notNull().default('waiting'),
    /** What it would change, for people. */
    difference: jsonb('difference').notNull(),
    /** What approving carries out. */
    payload: jsonb('payload').notNull(),
    raisedBy: text('raised_by').notNull(),
    reason: text('reason').notNull(),
    raisedAt: timestamp('raised_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    decidedBy: text('decided_by'),
    decidedAt: timestamp('decided_at', { withTimezone: true }),
    decisionReason: text('decision_reason').notNull().default(''),
  },
  (table) => [
    check('holds_kind', sql`${table.kind} in ('policy', 'absences')`),
    check('holds_status', sql`${table.status} in ('waiting', 'approved', 'rejected')`),
    index('holds_waiting').on(table.raisedAt).where(sql`${table.status} = 'waiting'`),
  ],
);
