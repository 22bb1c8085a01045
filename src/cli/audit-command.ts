import { Command, Option } from 'commander';
import * as v from 'valibot';
import { isOrganizationId } from '../domain/ids.ts';
import { auditFilterFrom, auditParameters } from '../http/operator/audit-filter.ts';
import { exportAudit } from '../pipeline/audit/export-audit.ts';
import { wholeReview } from '../pipeline/audit/review-access.ts';
import { AUDIT_CAUSES, type AuditFilter } from '../pipeline/ports.ts';
import { auditLines } from './audit/audit-lines.ts';
import { reviewLines } from './audit/review-lines.ts';
import { withAuditTools } from './database.ts';
import { misused } from './output.ts';
import { FORMATS, type LineFormat, stream } from './stream.ts';

interface Options {
  readonly json?: true;
  readonly format: LineFormat;
}

interface ExportOptions extends Options {
  readonly organization?: string;
  readonly user?: string;
  readonly kind?: string;
  readonly cause?: string;
  readonly from?: string;
  readonly to?: string;
}

export function auditCommand(): Command {
  const audit = new Command('audit').description('who had what, since when and why');
  withFormat(
    audit.command('export').description('write every change and every operator’s action, the oldest first'),
  )
    .option('--organization <id>', 'changes of this organization')
    .option('--user <id>', 'changes of this user')
    .option('--kind <kind>', 'one kind of change, or one action')
    .option('--cause <cause>', AUDIT_CAUSES.join(', '))
    .option('--from <time>', 'recorded then or later, as 2026-11-22T03:00:00Z')
    .option('--to <time>', 'recorded before')
    .action(async (options: ExportOptions) => {
      const filter = readFilter(options);
      await withAuditTools(options, ({ audit: store }) =>
        stream(options, auditLines(exportAudit(store, filter), options.format)),
      );
    });
  withFormat(
    audit
      .command('review')
      .description(
        'write who has access to an organization: guests first, then the longest first, then invitations',
      )
      .argument('<organization>', 'the id of the organization'),
  ).action(async (organization: string, options: Options) => {
    if (!isOrganizationId(organization)) misused(options, 'that is no id of an organization');
    await withAuditTools(options, (tools) =>
      stream(options, reviewLines(wholeReview(tools, organization), options)),
    );
  });
  return audit;
}

function withFormat(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'the form of the lines; in CSV an apostrophe stands before what looks like a formula',
      )
        .choices([...FORMATS])
        .default('jsonl'),
    )
    .option('--json', 'tell problems as JSON');
}

const filter = v.strictObject(auditParameters);

function readFilter(options: ExportOptions): AuditFilter {
  const { organization, user, kind, cause, from, to } = options;
  const given = Object.entries({ organization, user, kind, cause, from, to });
  const read = v.safeParse(filter, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (!read.success) misused(options, `--${String(read.issues[0].path?.[0].key)} cannot be read`);
  return auditFilterFrom(read.output);
}
