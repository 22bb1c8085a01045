import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { inject } from 'vitest';
import { databaseOn, template } from './server.ts';

let maintenance: Sql | undefined;

/** One connection for all files of a process. */
function onServer(): Sql {
  maintenance ??= postgres(inject('databaseUrl'), { max: 1, idle_timeout: 5, onnotice: () => undefined });
  return maintenance;
}

/** A migrated, empty database of the caller's own. Make one per test file; `url` belongs to a superuser. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `rolecall_test_${randomUUID().replaceAll('-', '')}`;
  const server = onServer();
  // Page by page through the log, which is the default, costs three times as much.
  await server.unsafe(`create database ${name} template ${template} strategy file_copy`);
  return {
    url: databaseOn(inject('databaseUrl'), name),
    async drop() {
      await server.unsafe(`drop database if exists ${name} with (force)`);
    },
  };
}
