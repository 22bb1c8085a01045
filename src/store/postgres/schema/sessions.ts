import { sql } from 'drizzle-orm';
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
  (table) => [
    index('sessions_user').on(table.userId),
    // Those that ended a moment ago.
    index('sessions_ended').on(table.endedAt, table.id).where(sql`${table.endedAt} is not null`),
  ],
);
