import { Command } from 'commander';
import { statusJson } from '../http/operator/status-json.ts';
import { readStatus } from '../pipeline/operators/status.ts';
import { withOperatorTools } from './database.ts';
import { endAsFailed, print } from './output.ts';
import { table } from './table.ts';

interface Options {
  readonly json?: true;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('how this installation is doing; exit code 1 when it is red')
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const answer = await withOperatorTools(options, async ({ status }) =>
        statusJson(await readStatus(status)),
      );
      print(options, answer, describe(answer));
      if (answer.state === 'red') endAsFailed();
    });
}

type Answer = ReturnType<typeof statusJson>;

function describe(answer: Answer): string {
  const problems = answer.problems.map(
    ({ severity, code, message, since, runbook }) =>
      `${severity.toUpperCase()} ${code}${since === null ? '' : ` since ${since}`}\n  ${message}\n  ${runbook}`,
  );
  const head = answer.problems.length === 0 ? 'green: nothing is wrong.' : `${answer.state}:`;
  return [`${head}`, ...problems, '', table([['what', 'how it is'], ...rows(answer)])].join('\n');
}

function rows(answer: Answer): string[][] {
  const { revocations, arrivals, agreement, versions, provider } = answer;
  const refused = answer.latency.received_to_refused_ms;
  const reconciliation = agreement.last_reconciliation;
  return [
    [
      'to be signed out',
      `${revocations.owed} owed${since(revocations.oldest_owed_at)}, ${revocations.dead} given up`,
    ],
    ['to be looked up', `${revocations.lookups_owed} owed, ${revocations.lookups_dead} given up`],
    [
      'arrivals',
      `${arrivals.last_hour} in the last hour, the last one at ${arrivals.last_received_at ?? 'no time yet'}`,
    ],
    ['', `${arrivals.failed} failed and ${arrivals.held} held in the last day, ${arrivals.dead} dead`],
    [
      'last comparison',
      reconciliation === null
        ? 'never'
        : `${reconciliation.id} ${reconciliation.status} at ${reconciliation.ended_at}, ${drift(reconciliation.drift)}`,
    ],
    ...(agreement.running === null ? [] : [['', `${agreement.running} runs`]]),
    [
      'lost access lately',
      answer.losses.map(({ kind, cause, count }) => `${count} ${kind} by ${cause}`).join(', ') || 'nobody',
    ],
    ['waiting for you', `${answer.holds} holds, ${answer.findings} findings`],
    [
      'received to refused',
      refused.count === 0
        ? 'nobody in the last hour'
        : `p50 ${refused.p50} ms, p99 ${refused.p99} ms, of ${refused.count}`,
    ],
    [
      'mode',
      `${answer.mode}${answer.effects_paused === null ? '' : `, revocations paused by ${answer.effects_paused.by}`}`,
    ],
    [
      'Clerk',
      `${provider.instance ?? 'no instance yet'}${provider.paused_until === null ? '' : `, rate limited until ${provider.paused_until}`}`,
    ],
    [
      'versions',
      `rolecall ${versions.rolecall}, schema ${versions.schema}, policy ${versions.policy}, revision ${versions.revision}`,
    ],
  ];
}

function since(at: string | null): string {
  return at === null ? '' : ` since ${at}`;
}

function drift(kinds: Readonly<Record<string, number>>): string {
  const found = Object.entries(kinds).filter(([, count]) => count > 0);
  return found.map(([kind, count]) => `${count} ${kind}`).join(', ') || 'no differences';
}
