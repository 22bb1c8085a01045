import { sql } from 'drizzle-orm';
import { type AnyPgColumn, bigint, check, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core';
import { providerTime, rolecall } from './rolecall.ts';

/** `replay` of `replay:7`, `lookup` of `lookup_member`. */
const causeType = (cause: AnyPgColumn) => sql`(split_part(translate(${cause}, '_', ':'), ':', 1))`;

/** Derived facts that moved: audit trail and feed in one. Append-only; `revision` is the order of commits. */
export const changes = rolecall.table(
  'changes',
  {
    revision: bigint('revision', { mode: 'number' }).primaryKey(),
    kind: text('kind').notNull(),
    organizationId: text('organization_id'),
    userId: text('user_id'),
    agentId: text('agent_id'),
    role: text('role'),
    permissions: text('permissions').array().notNull().default([]),
    /** What those who keep a copy need besides. */
    details: jsonb('details').notNull().default({}),
    cutoffOf: text('cutoff_of'),
    cutoffId: text('cutoff_id'),
    cutoffAt: providerTime('cutoff_at'),
    at: providerTime('at').notNull(),
    deliveryId: text('delivery_id'),
    cause: text('cause').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (table) => [
    check(
      'changes_cutoff_of',
      sql`${table.cutoffOf} in ('session', 'member', 'user', 'role', 'organization')`,
    ),
    index('changes_delivery').on(table.deliveryId),
    index('changes_member').on(table.organizationId, table.userId, table.revision),
    // The audit trail, in the order of our clock, by each of its filters.
    index('changes_recorded').on(table.recordedAt, table.revision),
    index('changes_organization')
      .on(table.organizationId, table.recordedAt, table.revision)
      .where(sql`${table.organizationId} is not null`),
    index('changes_user')
      .on(table.userId, table.recordedAt, table.revision)
      .where(sql`${table.userId} is not null`),
    index('changes_kind').on(table.kind, table.recordedAt, table.revision),
    // Most changes come by a delivery: those that do not are few, and asked for.
    index('changes_cause')
      .on(causeType(table.cause), table.recordedAt, table.revision)
      .where(sql`${table.cause} <> 'delivery'`),
  ],
);
