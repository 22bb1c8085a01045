import { Command, type CommanderError } from 'commander';
import { compareCommand } from './compare-command.ts';
import { deliveriesCommand } from './deliveries-command.ts';
import { effectsCommand } from './effects-command.ts';
import { holdsCommand } from './holds-command.ts';
import { migrateCommand } from './migrate-command.ts';
import { policyCommand } from './policy/policy-command.ts';
import { replayCommand } from './replay-command.ts';
import { serveCommand } from './serve-command.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
export function program(): Command {
  return new Command('rolecall')
    .description("Keeps an application's permissions in step with Clerk.")
    .exitOverride(exitWithUsage)
    .addCommand(serveCommand().exitOverride(exitWithUsage))
    .addCommand(migrateCommand().exitOverride(exitWithUsage))
    .addCommand(compareCommand().exitOverride(exitWithUsage))
    .addCommand(policyCommand(exitWithUsage))
    .addCommand(deliveriesCommand(exitWithUsage))
    .addCommand(replayCommand(exitWithUsage))
    .addCommand(effectsCommand(exitWithUsage))
    .addCommand(holdsCommand(exitWithUsage));
}

function exitWithUsage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : 2);
}
