import type { Command } from 'commander';
import * as v from 'valibot';
import { filterFrom, filterParameters } from '../http/operator/filter.ts';
import type { DeliveryFilter } from '../pipeline/ports.ts';
import { misused } from './output.ts';

export interface FilterOptions {
  readonly status?: string;
  readonly type?: string;
  readonly organization?: string;
  readonly user?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The options by which deliveries are chosen. */
export function withFilter(command: Command): Command {
  return command
    .option('--status <status>', 'applied, stale, ignored, held, failed or dead')
    .option('--type <type>', 'the type of event, as Clerk names it')
    .option('--organization <id>', 'about this organization')
    .option('--user <id>', 'about this user')
    .option('--from <time>', 'received then or later, as 2026-11-22T03:00:00Z')
    .option('--to <time>', 'received before');
}

const filter = v.strictObject(filterParameters);

/** Those options, read as the interface reads them. */
export function readFilter(format: { readonly json?: true }, options: FilterOptions): DeliveryFilter {
  const { status, type, organization, user, from, to } = options;
  const given = Object.entries({ status, type, organization, user, from, to });
  const read = v.safeParse(filter, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (!read.success) misused(format, `--${String(read.issues[0].path?.[0].key)} cannot be read`);
  return filterFrom(read.output);
}

/** Whether any of them was given. */
export function isFiltered({ status, type, organization, user, from, to }: FilterOptions): boolean {
  return [status, type, organization, user, from, to].some((value) => value !== undefined);
}
