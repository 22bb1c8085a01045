import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** Where the migrations stand, beside `src` in the repository and beside `dist` in the package. */
export const MIGRATIONS_FOLDER = decodeURIComponent(new URL('../../../drizzle', import.meta.url).pathname);

/**
 * Brings the database up to this code's schema. Keeps its own history (`rolecall.migrations`), so that an app's own
 * drizzle migrations in the same database never meet it. Safe to run again. Throws what Postgres says.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    await runMigrations(drizzle(sql), {
      migrationsFolder: MIGRATIONS_FOLDER,
      migrationsSchema: 'rolecall',
      migrationsTable: 'migrations',
    });
  } finally {
    await sql.end();
  }
}
