import { userInfo } from 'node:os';
import { Command } from 'commander';
import { replayJson, resultJson } from '../http/operator/replay-json.ts';
import { explain } from '../pipeline/operators/explain.ts';
import type { Difference, Replay, ReplayedDelivery, ReplaySelection } from '../pipeline/ports.ts';
import { runReplay } from '../pipeline/replay/run-replays.ts';
import { context } from './context.ts';
import { type OperatorTools, withOperatorTools } from './database.ts';
import { type FilterOptions, isFiltered, readFilter, withFilter } from './delivery-filter.ts';
import { endAsFailed, fail, misused, print } from './output.ts';

interface Options extends FilterOptions {
  readonly json?: true;
  readonly all?: true;
  readonly dryRun?: true;
  readonly reason: string;
  readonly by?: string;
}

/** So many results are told; the rest is in the interface, page by page. */
const MOST_TOLD = 1_000;

export function replayCommand(): Command {
  return withFilter(
    new Command('replay')
      .description('decide once more on deliveries that failed, or on any; gains wait for Clerk’s word')
      .argument('[ids...]', 'message ids; or choose by the options below'),
  )
    .option('--all', 'every delivery that is kept')
    .option('--dry-run', 'only say what would change, and for whom')
    .option('--reason <text>', 'why; needed unless it is a dry run', '')
    .option('--by <name>', 'who replays; the name of the system’s user when left out')
    .option('--json', 'answer as JSON')
    .action(async (ids: string[], options: Options) => {
      const selection = select(ids, options);
      if (options.dryRun !== true && options.reason.trim() === '') misused(options, '--reason is missing');
      const { replay, results } = await withOperatorTools(options, (tools) =>
        carryOut(tools, selection, options),
      );
      if (replay === null) return fail(options, ['the replay is gone']);
      const answer = { ...replayJson(replay), deliveries: results.map(resultJson) };
      print(options, answer, describeReplay(replay, results));
      if (replay.status !== 'done' || (replay.outcomes['failed'] ?? 0) > 0) endAsFailed();
    });
}

function select(ids: readonly string[], options: Options): ReplaySelection {
  const ways = [ids.length > 0, isFiltered(options), options.all === true].filter(Boolean).length;
  if (ways !== 1) misused(options, 'give message ids, a filter or --all');
  return ids.length > 0 ? { ids: [...new Set(ids)] } : { filter: readFilter(options, options) };
}

async function carryOut({ repeater }: OperatorTools, selection: ReplaySelection, options: Options) {
  const { replays } = repeater;
  const { stderr } = context();
  const { id } = await replays.startReplay({
    selection,
    dryRun: options.dryRun === true,
    by: options.by ?? userInfo().username,
    reason: options.reason.trim(),
  });
  const progress = async () => {
    if (!stderr.isTTY) return;
    const now = await replays.readReplay(id);
    stderr.write(`\r${now?.done ?? 0} of ${now?.total ?? 'many'} deliveries `);
  };
  await runReplay(repeater, id, Number.POSITIVE_INFINITY, progress);
  if (stderr.isTTY) stderr.write('\n');
  return { replay: await replays.readReplay(id), results: await replays.readReplayed(id, 0, MOST_TOLD) };
}

function describeReplay(replay: Replay, results: readonly ReplayedDelivery[]): string {
  const counts = Object.entries(replay.outcomes).map(([outcome, many]) => `${many} ${outcome}`);
  const lines = results
    .filter(
      ({ differences, outcome }) => differences.length > 0 || outcome === 'failed' || outcome === 'held',
    )
    .flatMap(({ delivery, outcome, reason, differences }) => [
      `${delivery}  ${outcome}: ${explain(reason)}`,
      ...differences.flatMap(describeDifference),
    ]);
  const head = `Replay ${replay.id}${replay.dryRun ? ', tried only' : ''}: ${replay.status}, ${counts.join(', ') || 'nothing to do'}.`;
  return [head, ...lines].join('\n');
}

function describeDifference({ organization, user, agent, role, gained, lost }: Difference): string[] {
  const who = user ?? agent ?? (role === null ? 'everybody' : `everybody with ${role}`);
  const where = organization === null ? '' : ` in ${organization}`;
  const told = (verb: string, permissions: readonly string[]) =>
    permissions.length === 0 ? [] : [`  ${who}${where} ${verb} ${permissions.join(', ')}`];
  return [...told('gains', gained), ...told('loses', lost)];
}
