import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core';
import { providerTime, rolecall } from './rolecall.ts';

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
  ],
);
