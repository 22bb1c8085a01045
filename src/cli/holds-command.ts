import { userInfo } from 'node:os';
import { Command } from 'commander';
import * as v from 'valibot';
import { holdJson } from '../http/operator/hold-json.ts';
import { approveHold, type HoldDecided, rejectHold } from '../pipeline/holds/decide-hold.ts';
import type { AbsencesHold, Hold } from '../pipeline/ports.ts';
import { withPolicyTools } from './database.ts';
import { endAsFailed, print } from './output.ts';
import { describeApplied } from './policy/activation-commands.ts';
import { table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly json?: true;
  readonly by?: string;
  readonly reason?: string;
}

export function holdsCommand(): Command {
  const holds = new Command('holds').description(
    'what would take access from too many, and waits for a decision',
  );
  holds
    .command('list')
    .description('list what waits')
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const waiting = await withPolicyTools(options, (tools) => tools.policies.readHolds('waiting'));
      print(options, { holds: waiting.map(holdJson) }, describeHolds(waiting));
    });
  decision('approve', 'carry it out', approveHold);
  decision('reject', 'let nothing come of it', rejectHold);
  return holds;

  function decision(name: string, description: string, decide: typeof approveHold): void {
    holds
      .command(name)
      .description(description)
      .argument('<id>', 'the number of the hold', wholeNumber)
      .option('--reason <text>', 'why', '')
      .option('--by <name>', 'who decides; the name of the system’s user when left out')
      .option('--json', 'answer as JSON')
      .action(async (id: number, options: Options) => {
        const decided = await withPolicyTools(options, (tools) =>
          decide(tools, id, options.by ?? userInfo().username, options.reason?.trim()),
        );
        print(options, decided, describeDecision(decided));
        if (decided.result === 'not_waiting' || decided.result === 'conflict') endAsFailed();
      });
  }
}

function describeHolds(holds: readonly Hold[]): string {
  if (holds.length === 0) return 'Nothing waits.';
  const rows = holds.map((hold) => [
    String(hold.id),
    hold.kind === 'policy' ? `policy ${hold.payload.policy.name}` : whoIsAbsent(hold),
    hold.at,
    hold.by,
    hold.reason,
  ]);
  return table([['id', 'what', 'since', 'by', 'reason'], ...rows]);
}

const absences = v.object({ losing: v.number(), members: v.number() });

/** What its difference says in a line; the rest of it is in `--json`. */
function whoIsAbsent({ difference, payload }: AbsencesHold): string {
  const read = v.safeParse(absences, difference);
  const many = read.success ? ` ${read.output.losing} of ${read.output.members}` : '';
  return `absences${many}, reconciliation ${payload.reconciliation}`;
}

function describeDecision(decided: HoldDecided): string {
  if (decided.result === 'rejected') return 'Rejected.';
  if (decided.result === 'asked') return 'Clerk is asked about each of them; a running server does it.';
  if (decided.result === 'not_waiting') {
    return decided.hold === null ? 'There is no such hold.' : `It was ${decided.hold.status} before.`;
  }
  return describeApplied(decided);
}
