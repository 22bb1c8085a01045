import { Command } from 'commander';
import { entryJson, recordJson } from '../http/operator/delivery-json.ts';
import { explain } from '../pipeline/operators/explain.ts';
import type { InboxEntry, InboxRecord } from '../pipeline/ports.ts';
import { withOperatorTools } from './database.ts';
import { type FilterOptions, readFilter, withFilter } from './delivery-filter.ts';
import { fail, print } from './output.ts';
import { table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

interface Options extends FilterOptions {
  readonly json?: true;
  readonly limit: number;
}

export function deliveriesCommand(): Command {
  const deliveries = new Command('deliveries').description('what arrived, what became of it and why');
  withFilter(deliveries.command('list').description('list deliveries, the latest first'))
    .option('--limit <number>', 'how many at most', wholeNumber, 50)
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      const filter = readFilter(options, options);
      const page = await withOperatorTools(options, ({ operators }) =>
        operators.listDeliveries(filter, null, Math.min(Math.max(options.limit, 1), 500)),
      );
      print(
        options,
        { deliveries: page.deliveries.map(entryJson), more: page.next !== null },
        describe(page),
      );
    });
  deliveries
    .command('show')
    .description('tell everything about one delivery')
    .argument('<id>', 'its message id')
    .option('--json', 'answer as JSON')
    .action(async (id: string, options: { readonly json?: true }) => {
      const record = await withOperatorTools(options, ({ operators }) => operators.readDelivery(id));
      if (record === null) fail(options, ['there is no such delivery']);
      print(options, recordJson(record), describeRecord(record));
    });
  return deliveries;
}

function describe(page: {
  readonly deliveries: readonly InboxEntry[];
  readonly next: object | null;
}): string {
  if (page.deliveries.length === 0) return 'There are none.';
  const rows = page.deliveries.map((one) => [
    one.id,
    one.receivedAt,
    one.type ?? '',
    one.dead ? 'dead' : one.outcome,
    one.reason,
    one.organizationId ?? '',
    one.userId ?? '',
  ]);
  const listed = table([['id', 'received', 'type', 'outcome', 'reason', 'organization', 'user'], ...rows]);
  return page.next === null ? listed : `${listed}\nThere are more: narrow it down, or raise --limit.`;
}

function describeRecord(record: InboxRecord): string {
  const lines = [
    `${record.id}  ${record.type ?? 'of no type'}`,
    `${record.dead ? 'dead' : record.outcome}: ${explain(record.reason)}`,
    `received ${record.receivedAt}, committed ${record.receivedToCommittedMs} ms later`,
  ];
  if (record.receivedToRefusedMs !== null)
    lines.push(`older tokens refused ${record.receivedToRefusedMs} ms after it was received`);
  for (const one of record.history)
    lines.push(`attempt ${one.attempt} (${one.cause}, ${one.at}): ${one.outcome}`);
  for (const one of record.changes) {
    lines.push(
      `change ${one.revision}: ${one.kind} ${one.userId ?? one.agentId ?? ''} ${one.organizationId ?? ''} ${one.role ?? ''}`,
    );
  }
  for (const one of record.effects) {
    lines.push(
      `effect ${one.id}: ${one.kind} ${one.status}, ${one.attempts} attempts ${one.lastError ?? ''}`,
      ...one.tries.map(
        ({ at, result, error, calls }) => `  ${at} ${result} ${error ?? ''} (${calls} calls of Clerk)`,
      ),
    );
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}
