import { sql } from 'drizzle-orm';
import { boolean, index, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

export const users = rolecall.table(
  'users',
  {
    id: text('id').primaryKey(),
    versionUpdatedAt: providerTime('version_updated_at'),
    versionAt: providerTime('version_at'),
    suspended: boolean('suspended').notNull().default(false),
    passwordChangedAt: providerTime('password_changed_at'),
    deletedAt: providerTime('deleted_at'),
    cutoff: providerTime('cutoff'),
    rowVersion: rowVersion(),
  },
  (table) => [
    // Those of whom a snapshot has anything to say.
    index('users_restricted').on(table.id).where(sql`${table.suspended} or ${table.cutoff} is not null`),
    // Those whose deliveries are to be forgotten.
    index('users_deleted').on(table.deletedAt).where(sql`${table.deletedAt} is not null`),
  ],
);
