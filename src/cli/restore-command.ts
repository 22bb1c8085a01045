import { userInfo } from 'node:os';
import { Command } from 'commander';
import { withOperatorTools } from './database.ts';
import { misused, print } from './output.ts';

interface Options {
  readonly json?: true;
  readonly reason: string;
  readonly by?: string;
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description(
      'say that the database came out of a backup: nobody is answered before it was compared with Clerk',
    )
    .option('--reason <text>', 'why', '')
    .option('--by <name>', 'who wants it; the name of the system’s user when left out')
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const reason = options.reason.trim();
      if (reason === '') misused(options, '--reason is missing');
      const { epoch, since, reconciliation } = await withOperatorTools(options, ({ upkeep }) =>
        upkeep.beginRestore(options.by ?? userInfo().username, reason),
      );
      const sentence = [
        `Reconciliation ${reconciliation} was asked for; a running server carries it out.`,
        'Until it is done apps are answered 503, and nobody reads in SQL. Copies start over by themselves.',
      ].join('\n');
      print(options, { epoch, restoring_since: since, reconciliation }, sentence);
    });
}
