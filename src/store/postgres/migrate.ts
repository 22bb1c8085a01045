import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** Where the migrations stand, beside `src` in the repository and beside `dist` in the package. */
const MIGRATIONS_FOLDER = decodeURIComponent(new URL('../../../drizzle', import.meta.url).pathname);

const HISTORY = {
  migrationsFolder: MIGRATIONS_FOLDER,
  migrationsSchema: 'rolecall',
  migrationsTable: 'migrations',
};

/** Any number, the same for all who migrate: the first letters of the name. */
const LOCK = 0x726f6c65;

/** Roles belong to the whole cluster, locks to a database: two that are migrated at once can still meet in them. */
const MOST_TRIES = 3;

/**
 * Brings the database up to this code's schema. Keeps its own history (`rolecall.migrations`), so that an app's own
 * drizzle migrations in the same database never meet it. Safe to run again, and by several at once. Throws what
 * Postgres says.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    await sql`select pg_advisory_lock(${LOCK}::bigint)`;
    for (let tries = 1; ; tries += 1) {
      try {
        await runMigrations(drizzle(sql), HISTORY);
        return;
      } catch (error) {
        if (tries === MOST_TRIES || !String(causeOf(error)).includes('concurrently updated')) throw error;
      }
    }
  } finally {
    await sql.end();
  }
}

/** What Postgres said: drizzle wraps it. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

const MADE_OR_DROPPED =
  /^(CREATE|DROP) (?:OR REPLACE )?(TABLE|VIEW|FUNCTION) (?:IF EXISTS )?(?:"rolecall"\.|rolecall\.)"?(\w+)"?(?=[\s(;])/gm;

/** What is there by name when all migrations were applied (`table inbox`, `function read_facts`), and which one makes it. */
export function migrationMakes(): {
  readonly migrations: number;
  readonly made: ReadonlyMap<string, number>;
} {
  const made = new Map<string, number>();
  const files = readMigrationFiles(HISTORY);
  files.forEach(({ sql }, migration) => {
    for (const [, verb, kind = '', name = ''] of sql.join('\n').matchAll(MADE_OR_DROPPED)) {
      const thing = `${kind.toLowerCase()} ${name}`;
      if (verb === 'DROP') made.delete(thing);
      else made.set(thing, migration);
    }
  });
  return { migrations: files.length, made };
}

/** The same as a script for psql, the history included, so that `migrate` goes on from there. */
export function migrationScript(): string {
  const migrations = readMigrationFiles(HISTORY).map(
    ({ sql, hash, folderMillis }) =>
      `${sql.join('')}\nINSERT INTO rolecall.migrations (hash, created_at) VALUES ('${hash}', ${folderMillis});\n`,
  );
  return [
    'BEGIN;',
    'CREATE SCHEMA IF NOT EXISTS rolecall;',
    'CREATE TABLE rolecall.migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);',
    ...migrations,
    'COMMIT;',
    '',
  ].join('\n');
}
