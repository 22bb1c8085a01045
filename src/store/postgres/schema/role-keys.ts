import { text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

/** What a role's key grants now: the one row that a definition's change touches, however many members hold the key. */
export const roleKeys = rolecall.table('role_keys', {
  key: text('key').primaryKey(),
  roleId: text('role_id'),
  roleCreatedAt: providerTime('role_created_at'),
  bound: text('bound').array(),
  boundAt: providerTime('bound_at'),
  grants: text('grants').array().notNull().default([]),
  cutoff: providerTime('cutoff'),
  rowVersion: rowVersion(),
});
