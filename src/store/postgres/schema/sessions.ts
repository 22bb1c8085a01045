import { index, text } from 'drizzle-orm/pg-core';
import { providerTime, rolecall, rowVersion } from './rolecall.ts';

export const sessions = rolecall.table(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    endedAt: providerTime('ended_at'),
    rowVersion: rowVersion(),
  },
  (table) => [index('sessions_user').on(table.userId)],
);
