import { userInfo } from 'node:os';
import { Command } from 'commander';
import { effectJson } from '../http/operator/effect-json.ts';
import { EFFECT_STATUSES, type EffectEntry, type EffectRetried } from '../pipeline/ports.ts';
import { withOperatorTools } from './database.ts';
import { endAsFailed, fail, misused, print } from './output.ts';
import { pauseCommand, resumeCommand } from './pause-commands.ts';
import { table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly json?: true;
  readonly status?: string;
  readonly limit: number;
  readonly by?: string;
}

export function effectsCommand(): Command {
  const effects = new Command('effects').description('what is owed to Clerk: lookups and revocations');
  effects
    .command('list')
    .description('list effects, the latest first')
    .option('--status <status>', EFFECT_STATUSES.join(', '))
    .option('--limit <number>', 'how many at most', wholeNumber, 50)
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const status = EFFECT_STATUSES.find((known) => known === options.status) ?? null;
      if (options.status !== undefined && status === null) misused(options, '--status cannot be read');
      const page = await withOperatorTools(options, ({ operators }) =>
        operators.listEffects(status, null, Math.min(Math.max(options.limit, 1), 500)),
      );
      print(
        options,
        { effects: page.effects.map(effectJson), more: page.next !== null },
        describe(page.effects),
      );
    });
  effects
    .command('retry')
    .description('try one now; a dead one from its first attempt')
    .argument('<id>', 'the number of the effect', wholeNumber)
    .option('--by <name>', 'who wants it; the name of the system’s user when left out')
    .option('--json', 'answer as JSON')
    .action(async (id: number, options: Options) => {
      const result = await withOperatorTools(options, ({ operators }) =>
        operators.retryEffect(id, options.by ?? userInfo().username),
      );
      if (result === null) return fail(options, ['there is no such effect']);
      print(options, { effect: id, result }, RESULTS[result]);
      if (result === 'done' || result === 'observed') endAsFailed();
    });
  return effects.addCommand(pauseCommand()).addCommand(resumeCommand());
}

const RESULTS: Readonly<Record<EffectRetried, string>> = {
  owed: 'It is due now; a running server carries it out.',
  joined: 'The same is owed already, and is done once.',
  done: 'It is done: there is nothing to retry.',
  observed: 'It was only noted, in observe mode: there is nothing to retry.',
};

function describe(effects: readonly EffectEntry[]): string {
  if (effects.length === 0) return 'There are none.';
  const rows = effects.map((one) => [
    String(one.id),
    one.kind,
    one.status,
    one.userId ?? one.organizationId ?? '',
    String(one.attempts),
    one.lastError ?? '',
    one.owedAt,
  ]);
  return table([['id', 'what', 'status', 'about', 'attempts', 'last error', 'since'], ...rows]);
}
