import { index, text, timestamp } from 'drizzle-orm/pg-core';
import { bytea, rolecall } from './rolecall.ts';

/** Operators who signed in to the console. A session ends with its time, or with the token it was opened with. */
export const consoleSessions = rolecall.table(
  'console_sessions',
  {
    /** SHA-256 of the cookie: whoever reads this table can sign in as nobody. */
    idSha256: bytea('id_sha256').primaryKey(),
    operator: text('operator').notNull(),
    /** SHA-256 of the cookie and the operator's token after it. */
    tokenSha256: bytea('token_sha256').notNull(),
    openedAt: timestamp('opened_at', { withTimezone: true }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('console_sessions_expires').on(table.expiresAt)],
);
