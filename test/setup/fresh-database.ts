import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { databaseOn, execute, template } from './server.ts';

/** A migrated, empty database of the caller's own. Make one per test file; `url` belongs to a superuser. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `rolecall_test_${randomUUID().replaceAll('-', '')}`;
  const server = inject('databaseUrl');
  // Page by page through the log, which is the default, costs three times as much.
  await execute(server, `create database ${name} template ${template} strategy file_copy`);
  return {
    url: databaseOn(server, name),
    drop: () => execute(server, `drop database if exists ${name} with (force)`),
  };
}
