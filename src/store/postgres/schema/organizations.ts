import { sql } from 'drizzle-orm';
import { index, jsonb, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

export const organizations = rolecall.table(
  'organizations',
  {
    id: text('id').primaryKey(),
    name: text('name'),
    versionUpdatedAt: providerTime('version_updated_at'),
    versionAt: providerTime('version_at'),
    features: text('features').array().notNull().default([]),
    agents: jsonb('agents').notNull().default({}),
    flaws: text('flaws').array().notNull().default([]),
    deletedAt: providerTime('deleted_at'),
    cutoff: providerTime('cutoff'),
    rowVersion: rowVersion(),
  },
  (table) => [
    index('organizations_flawed').on(table.id).where(sql`${table.flaws} <> '{}'`),
    // By the beginning of an id or a name: whatever the database's language, in the order of bytes.
    index('organizations_id_prefix').on(table.id.op('text_pattern_ops')),
    index('organizations_name_prefix').on(sql`left(lower(${table.name}), 100) text_pattern_ops`, table.id),
  ],
);
