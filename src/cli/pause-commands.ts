import { userInfo } from 'node:os';
import { Command } from 'commander';
import { withOperatorTools } from './database.ts';
import { misused, print } from './output.ts';

interface Options {
  readonly json?: true;
  readonly reason: string;
  readonly by?: string;
}

/** `effects pause`: for everybody at once, however many servers run. */
export function pauseCommand(): Command {
  return named(new Command('pause'))
    .description('revoke no session any more, in any server; lookups and cutoffs go on')
    .option('--reason <text>', 'why', '')
    .action(async (options: Options) => {
      const reason = options.reason.trim();
      if (reason === '') misused(options, '--reason is missing');
      const pause = await withOperatorTools(options, ({ upkeep }) =>
        upkeep.pauseEffects(options.by ?? userInfo().username, reason),
      );
      print(
        options,
        { effects_paused: pause },
        `Revocations are paused since ${pause.at}, by ${pause.by}: ${pause.reason}`,
      );
    });
}

/** `effects resume`. */
export function resumeCommand(): Command {
  return named(new Command('resume'))
    .description('carry out what has gathered while revocations were paused')
    .option('--reason <text>', 'why', '')
    .action(async (options: Options) => {
      const resumed = await withOperatorTools(options, ({ upkeep }) =>
        upkeep.resumeEffects(options.by ?? userInfo().username, options.reason.trim()),
      );
      const sentence = resumed ? 'Revocations are carried out again.' : 'They were not paused.';
      print(options, { effects_paused: null }, sentence);
    });
}

function named(command: Command): Command {
  return command
    .option('--by <name>', 'who wants it; the name of the system’s user when left out')
    .option('--json', 'answer as JSON');
}
