import { sql } from 'drizzle-orm';
import { boolean, index, jsonb, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** One row an incarnation: what the provider said of one membership id. */
export const memberships = rolecall.table(
  'memberships',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id'),
    userId: text('user_id'),
    createdAt: providerTime('created_at'),
    role: text('role'),
    scoped: jsonb('scoped').notNull().default({}),
    ceiling: jsonb('ceiling').notNull().default([]),
    flaws: text('flaws').array().notNull().default([]),
    contested: boolean('contested').notNull().default(false),
    versionUpdatedAt: providerTime('version_updated_at'),
    versionAt: providerTime('version_at'),
    effectiveAt: providerTime('effective_at'),
    seenAt: providerTime('seen_at'),
    absentAt: providerTime('absent_at'),
    deletedAt: providerTime('deleted_at'),
    rowVersion: rowVersion(),
  },
  (table) => [
    // A page of those who hold one role in one organization, and whether anybody holds it at all.
    index('memberships_role').on(table.role, table.organizationId, table.userId),
    // Who has a role in one resource: only memberships that name any are in it.
    index('memberships_resources')
      .using('gin', sql`rolecall.resources_in(${table.organizationId}, ${table.scoped})`)
      .where(sql`${table.scoped} <> '{}'`),
    // Which resources anybody of one organization has a role in.
    index('memberships_scoped').on(table.organizationId).where(sql`${table.scoped} <> '{}'`),
    index('memberships_flawed').on(table.organizationId).where(sql`${table.flaws} <> '{}'`),
  ],
);
