import { text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** Role definitions by the provider's id, as told. */
export const roles = rolecall.table('roles', {
  id: text('id').primaryKey(),
  key: text('key'),
  name: text('name'),
  description: text('description'),
  permissions: text('permissions').array().notNull().default([]),
  createdAt: providerTime('created_at'),
  versionUpdatedAt: providerTime('version_updated_at'),
  versionAt: providerTime('version_at'),
  deletedAt: providerTime('deleted_at'),
  rowVersion: rowVersion(),
});
