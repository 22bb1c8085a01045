import { bigint, integer, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core';
import { rolecall } from './rolecall.ts';

/**
 * What was counted since the schema was made: it only grows. Several rows, `slot`s, hold one figure, so that commits
 * that happen at once seldom wait for each other.
 */
export const tallies = rolecall.table(
  'tallies',
  {
    name: text('name').notNull(),
    /** What the figure is told apart by; empty where it is not. */
    first: text('first').notNull(),
    second: text('second').notNull(),
    slot: smallint('slot').notNull(),
    value: bigint('value', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.first, table.second, table.slot] })],
);

/** The last day, minute by minute, for charts. A ring: a place is used again when its minute is long over. */
export const minutes = rolecall.table(
  'minutes',
  {
    place: smallint('place').notNull(),
    slot: smallint('slot').notNull(),
    minute: timestamp('minute', { withTimezone: true }).notNull(),
    received: integer('received').notNull(),
    failed: integer('failed').notNull(),
    removed: integer('removed').notNull(),
    /** How many tokens' refusals took how long since their delivery, by the bounds of `rolecall.latency_bounds`. */
    refused: integer('refused').array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.place, table.slot] })],
);
