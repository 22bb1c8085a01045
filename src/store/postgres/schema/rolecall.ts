import { bigint, customType, integer, pgSchema } from 'drizzle-orm/pg-core';

export const rolecall = pgSchema('rolecall');

/** A time of the provider's clock, in milliseconds. */
export const providerTime = (name: string) => bigint(name, { mode: 'number' });

/** Counts the writes of a row: a commit is refused when a row it was decided on has moved since. */
export const rowVersion = () => integer('row_version').notNull().default(1);

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
