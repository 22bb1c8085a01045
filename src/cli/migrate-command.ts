import { Command } from 'commander';
import { context } from './context.ts';
import { fail, print } from './output.ts';

interface Options {
  readonly sql?: true;
  readonly json?: true;
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database in DATABASE_URL up to this version’s schema')
    .option('--sql', 'print the statements instead of running them')
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      // Only now: whoever asks for help need not wait for all of it.
      const [{ migrate, migrationScript }, { databaseUrlProblem }] = await Promise.all([
        import('../store/postgres/migrate.ts'),
        import('../store/postgres/database-url.ts'),
      ]);
      if (options.sql === true) {
        const sql = migrationScript();
        if (options.json === true) print(options, { sql }, '');
        else context().stdout.write(sql);
        return;
      }
      const databaseUrl = context().env['DATABASE_URL'];
      if (databaseUrl === undefined || databaseUrl === '') fail(options, ['DATABASE_URL is missing']);
      const problem = databaseUrlProblem(databaseUrl);
      if (problem !== null) fail(options, [problem]);
      try {
        await migrate(databaseUrl);
      } catch (error) {
        fail(options, [`the migration failed: ${error instanceof Error ? error.message : 'unknown error'}`]);
      }
      print(options, { migrated: true }, 'The schema is up to date.');
    });
}
