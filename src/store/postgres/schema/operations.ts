import { sql } from 'drizzle-orm';
import { boolean, check, text, timestamp } from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/** How this installation is being run: one row, of which every process knows. */
export const operations = rolecall.table(
  'operations',
  {
    only: boolean('only').primaryKey().default(true),
    /** The mode of the processes that were heard of last; null before the first. A change of it is an operator's action. */
    mode: text('mode'),
    /** When any process was last at work: a long silence is an outage, and ends with a reconciliation. */
    aliveAt: timestamp('alive_at', { withTimezone: true }),
    /** Since when a restored database waits for its reconciliation; apps are answered nothing meanwhile. */
    restoringSince: timestamp('restoring_since', { withTimezone: true }),
    effectsPausedAt: timestamp('effects_paused_at', { withTimezone: true }),
    effectsPausedBy: text('effects_paused_by'),
    effectsPausedReason: text('effects_paused_reason'),
    /** When somebody began to forget what is old; an hour later somebody does so again. */
    prunedAt: timestamp('pruned_at', { withTimezone: true }),
  },
  (table) => [check('operations_only', sql`${table.only}`)],
);
