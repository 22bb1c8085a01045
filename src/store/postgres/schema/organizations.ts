import { text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

export const organizations = rolecall.table('organizations', {
  id: text('id').primaryKey(),
  name: text('name'),
  versionUpdatedAt: providerTime('version_updated_at'),
  versionAt: providerTime('version_at'),
  deletedAt: providerTime('deleted_at'),
  cutoff: providerTime('cutoff'),
  rowVersion: rowVersion(),
});
