import { text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

export const permissions = rolecall.table('permissions', {
  id: text('id').primaryKey(),
  key: text('key'),
  createdAt: providerTime('created_at'),
  deletedAt: providerTime('deleted_at'),
  rowVersion: rowVersion(),
});

/** Which permission a key belongs to: the latest-created, even when it is dead. */
export const permissionKeys = rolecall.table('permission_keys', {
  key: text('key').primaryKey(),
  permissionId: text('permission_id').notNull(),
  permissionCreatedAt: providerTime('permission_created_at').notNull(),
  deletedAt: providerTime('deleted_at'),
  rowVersion: rowVersion(),
});
