import { index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** One row an (organization, user) pair: the incarnation that owns it, and what outlives every incarnation. */
export const pairs = rolecall.table(
  'pairs',
  {
    organizationId: text('organization_id').notNull(),
    userId: text('user_id').notNull(),
    membershipId: text('membership_id').notNull(),
    membershipCreatedAt: providerTime('membership_created_at').notNull(),
    /** When the earliest of all its incarnations began. */
    firstJoinedAt: providerTime('first_joined_at').notNull(),
    cutoff: providerTime('cutoff'),
    revocationAt: providerTime('revocation_at'),
    /** Roles held before, by key: until when tokens may carry them. */
    leftRoles: jsonb('left_roles').notNull().default({}),
    rowVersion: rowVersion(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.userId] }),
    index('pairs_first').on(table.organizationId, table.firstJoinedAt, table.userId),
    // Whose access in an organization is the oldest.
    index('pairs_since').on(table.organizationId, table.membershipCreatedAt, table.userId),
    index('pairs_user').on(table.userId, table.organizationId),
  ],
);
