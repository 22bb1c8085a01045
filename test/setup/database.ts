import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { databaseOn, execute, template } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser on the server's maintenance database: for `freshDatabase`, not for tests themselves. */
    databaseUrl: string;
    /** One migrated database that all files inside workerd share, since they cannot make their own. */
    workerdDatabaseUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.vitest.projects.every(({ name }) => name === 'pure')) return undefined;

  const server = await startServer();
  try {
    const workerd = `rolecall_workerd_${randomUUID().slice(0, 8)}`;
    await makeTemplate(server.url);
    await execute(server.url, `create database ${workerd} template ${template} strategy file_copy`);
    project.provide('databaseUrl', server.url);
    project.provide('workerdDatabaseUrl', databaseOn(server.url, workerd));
    return async () => {
      if (server.isShared) await execute(server.url, `drop database if exists ${workerd} with (force)`);
      await server.stop();
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function startServer(): Promise<{ url: string; isShared: boolean; stop(): Promise<void> }> {
  const url = process.env['ROLECALL_TEST_DATABASE_URL'];
  if (url !== undefined) return { url, isShared: true, stop: async () => undefined };
  const { startEmbeddedPostgres } = await import('../../src/testing/embedded-postgres.ts');
  const server = await startEmbeddedPostgres();
  return { url: server.url, isShared: false, stop: () => server.stop() };
}

async function makeTemplate(url: string): Promise<void> {
  const { migrate } = await import('../../src/store/postgres/migrate.ts');
  await execute(url, `drop database if exists ${template} with (force)`, `create database ${template}`);
  await migrate(databaseOn(url, template));
  // One connection that lingers in the template makes every copy of it fail.
  await execute(
    url,
    `alter database ${template} allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${template}'`,
  );
}
