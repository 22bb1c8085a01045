import { jsonb, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** What a role's key grants now: the one row that a definition's change touches, however many members hold the key. */
export const roleKeys = rolecall.table('role_keys', {
  key: text('key').primaryKey(),
  roleId: text('role_id'),
  roleCreatedAt: providerTime('role_created_at'),
  bound: text('bound').array(),
  boundAt: providerTime('bound_at'),
  provided: text('provided').array().notNull().default([]),
  scope: text('scope').notNull().default('organization'),
  grants: text('grants').array().notNull().default([]),
  featured: jsonb('featured').notNull().default({}),
  cutoff: providerTime('cutoff'),
  rowVersion: rowVersion(),
});
