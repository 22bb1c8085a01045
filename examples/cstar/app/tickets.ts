import { eq } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { asSubject, type SessionClaims } from 'rolecall/drizzle';

const table = pgTable('tickets', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  organization: text('organization_id').notNull(),
  subject: text('subject').notNull(),
});

export type Tickets = ReturnType<typeof openTickets>;

/** No query here asks for a permission: as the caller's own, the policies of `tickets.sql` decide what they reach. */
export function openTickets(databaseUrl: string) {
  const connection = postgres(databaseUrl, { max: 4 });
  const database = drizzle(connection);
  return {
    list: (caller: SessionClaims) =>
      asSubject(database, caller, (tx) => tx.select().from(table).orderBy(table.id)),

    /** Whether there is one less. */
    remove: async (caller: SessionClaims, id: number): Promise<boolean> => {
      const gone = await asSubject(database, caller, (tx) =>
        tx.delete(table).where(eq(table.id, id)).returning(),
      );
      return gone.length > 0;
    },

    close: () => connection.end(),
  };
}
