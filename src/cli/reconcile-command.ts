import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { isOrganizationId, type OrganizationId } from '../domain/ids.ts';
import { differenceJson, reconciliationJson } from '../http/operator/reconciliation-json.ts';
import type { FoundDrift, Reconciliation } from '../pipeline/ports.ts';
import { runReconciliation } from '../pipeline/reconcile/run-reconciliations.ts';
import { type ReconcileTools, withReconcileTools } from './database.ts';
import { endAsFailed, fail, print } from './output.ts';
import { progressOf } from './progress.ts';
import { table } from './table.ts';

interface Options {
  readonly json?: true;
  readonly organization?: OrganizationId;
  readonly dryRun?: true;
  readonly reason: string;
  readonly by?: string;
}

/** So many differences are told; the rest is in the interface, page by page. */
const MOST_TOLD = 1_000;

/** Problems that need more than patience, in words. */
const PROBLEMS: Readonly<Record<string, string>> = {
  wrong_instance:
    'CLERK_SECRET_KEY belongs to another Clerk instance than this database; nothing was inferred',
  unauthorized: 'Clerk does not take CLERK_SECRET_KEY',
  endless_pages: 'Clerk lists more than it counts, without end; nothing was inferred',
};

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      'compare everything, or one organization, with Clerk and repair what differs; fills an empty database',
    )
    .option('--organization <id>', 'only this one, org_…', organization)
    .option('--dry-run', 'only say what differs')
    .option('--reason <text>', 'why', '')
    .option('--by <name>', 'who wants it; the name of the system’s user when left out')
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const { found, drift } = await withReconcileTools(options, (tools) => carryOut(tools, options));
      if (found === null) return fail(options, ['the reconciliation is gone']);
      const answer = { ...reconciliationJson(found), differences: drift.map(differenceJson) };
      print(options, answer, describe(found, drift));
      if (found.status !== 'done' || found.held !== null) endAsFailed();
    });
}

function organization(text: string): OrganizationId {
  if (!isOrganizationId(text)) throw new InvalidArgumentError('It must be the id of an organization.');
  return text;
}

async function carryOut({ reconciler }: ReconcileTools, options: Options) {
  const { mode, reconciliations } = reconciler;
  if (mode === 'paused') fail(options, ['in the mode paused Clerk is asked nothing']);
  const { id } = await reconciliations.startReconciliation({
    organizationId: options.organization ?? null,
    dryRun: options.dryRun === true,
    cause: 'operator',
    by: options.by ?? userInfo().username,
    reason: options.reason.trim(),
  });
  const progress = progressOf();
  await runReconciliation(reconciler, id, Number.POSITIVE_INFINITY, async () => {
    const now = await reconciliations.readReconciliation(id);
    if (now !== null) progress.show(now.problem ?? now.stage, now.compared, now.total);
  });
  progress.end();
  const [found, drift] = await Promise.all([
    reconciliations.readReconciliation(id),
    reconciliations.readDrift(id, 0, MOST_TOLD),
  ]);
  return { found, drift };
}

function describe(found: Reconciliation, drift: readonly FoundDrift[]): string {
  const { id, status, compared, dryRun, problem, held } = found;
  const counts = Object.entries(found.drift).map(([kind, many]) => `${many} ${kind}`);
  const what = dryRun ? 'Dry run' : found.cause === 'import' ? 'Import' : 'Reconciliation';
  const asked = drift.filter(({ outcome }) => outcome === 'asked').length;
  return [
    `${what} ${id}: ${status}, ${compared} compared, ${counts.join(', ') || 'nothing differs'}.`,
    ...(problem === null ? [] : [`It failed: ${PROBLEMS[problem] ?? problem}.`]),
    ...(drift.length === 0 ? [] : [driftTable(drift)]),
    ...(asked === 0 ? [] : [`Clerk is asked about ${asked} of them directly; a running server does it.`]),
    ...(held === null
      ? []
      : [`Too many were not listed: hold ${held} waits for rolecall holds approve or reject.`]),
  ].join('\n');
}

function driftTable(drift: readonly FoundDrift[]): string {
  const rows = drift.map((one) => [
    one.kind,
    one.organization ?? '',
    one.user ?? one.subject,
    JSON.stringify(one.ours),
    JSON.stringify(one.theirs),
    one.outcome,
  ]);
  return table([['what', 'organization', 'of', 'ours', 'Clerk’s', 'outcome'], ...rows]);
}
