import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { sqlStateOf } from './client.ts';

/** Where the migrations stand, beside `src` in the repository and beside `dist` in the package. */
const MIGRATIONS_FOLDER = decodeURIComponent(new URL('../../../drizzle', import.meta.url).pathname);

const HISTORY = {
  migrationsFolder: MIGRATIONS_FOLDER,
  migrationsSchema: 'rolecall',
  migrationsTable: 'migrations',
};

/** Any number, the same for all who migrate: the first letters of the name. */
const LOCK = 0x726f6c65;

export interface MigrationPatience {
  /** How long one try may wait for a table that somebody uses: whoever comes after it waits as well. */
  readonly lockMs: number;
  /** Between two tries, in which the others go on. */
  readonly pauseMs: number;
  readonly tries: number;
}

const PATIENCE: MigrationPatience = { lockMs: 2_000, pauseMs: 1_000, tries: 30 };

/**
 * Brings the database up to this code's schema, whole or not at all. Keeps its own history (`rolecall.migrations`), so
 * that an app's own drizzle migrations in the same database never meet it. Safe to run again, by several at once, and
 * while a release before this one works on it. Throws what Postgres says.
 */
export async function migrate(databaseUrl: string, patience = PATIENCE): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        // Begun here, so that the lock and its patience end with the transaction: through a pooler a session's own would
        // stay on a connection of the server's, the lock against every later migration. Drizzle's begin, within it, is
        // only a notice, and its commit is the end of all.
        await sql
          .unsafe(`begin; select pg_advisory_xact_lock(${LOCK}); set local lock_timeout = ${patience.lockMs}`)
          .simple();
        await runMigrations(drizzle(sql), HISTORY);
        return;
      } catch (error) {
        const cause = causeOf(error);
        if (tries === patience.tries || !passes(cause)) throw cause;
        await sql.unsafe('rollback').simple();
      }
      await new Promise((resolve) => setTimeout(resolve, patience.pauseMs));
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * A table that is in use, or roles: those belong to the whole cluster, our lock to one database, so two that are
 * migrated at once can meet in them.
 */
function passes(error: unknown): boolean {
  return sqlStateOf(error) === '55P03' || String(error).includes('concurrently updated');
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
