import { Command, type CommanderError } from 'commander';
import { VERSION } from '../http/version.ts';
import { auditCommand } from './audit-command.ts';
import { compareCommand } from './compare-command.ts';
import { type CommandContext, context, Ended, inContext } from './context.ts';
import { deliveriesCommand } from './deliveries-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { effectsCommand } from './effects-command.ts';
import { explainCommand } from './explain-command.ts';
import { holdsCommand } from './holds-command.ts';
import { initCommand } from './init-command.ts';
import { membersCommand } from './members-command.ts';
import { migrateCommand } from './migrate-command.ts';
import { policyCommand } from './policy/policy-command.ts';
import { reconcileCommand } from './reconcile-command.ts';
import { replayCommand } from './replay-command.ts';
import { restoreCommand } from './restore-command.ts';
import { serveCommand } from './serve-command.ts';
import { statusCommand } from './status-command.ts';

/** Runs one command, and answers its exit code: 0 done, 1 failed, 2 wrong usage. */
export function runProgram(args: readonly string[], given: CommandContext): Promise<number> {
  return inContext(given, async () => {
    try {
      await program().parseAsync(args, { from: 'user' });
      return 0;
    } catch (error) {
      if (error instanceof Ended) return error.code;
      throw error;
    }
  });
}

/** Every command, with its options. */
export function program(): Command {
  return endingInOrder(
    new Command('rolecall')
      .description("Keeps an application's permissions in step with Clerk.")
      .version(VERSION)
      .addCommand(initCommand())
      .addCommand(serveCommand())
      .addCommand(migrateCommand())
      .addCommand(doctorCommand())
      .addCommand(compareCommand())
      .addCommand(policyCommand())
      .addCommand(statusCommand())
      .addCommand(deliveriesCommand())
      .addCommand(replayCommand())
      .addCommand(reconcileCommand())
      .addCommand(effectsCommand())
      .addCommand(holdsCommand())
      .addCommand(membersCommand())
      .addCommand(explainCommand())
      .addCommand(auditCommand())
      .addCommand(restoreCommand()),
  );
}

/** Commander, left alone, ends the process and writes to its streams. */
function endingInOrder(command: Command): Command {
  for (const one of command.commands) endingInOrder(one);
  return command.exitOverride(endWithUsage).configureOutput({
    writeOut: (text) => void context().stdout.write(text),
    writeErr: (text) => void context().stderr.write(text),
    getOutHelpWidth: () => context().stdout.columns ?? 80,
    getErrHelpWidth: () => context().stderr.columns ?? 80,
  });
}

function endWithUsage(error: CommanderError): never {
  throw new Ended(error.exitCode === 0 ? 0 : 2);
}
