import { auditJson } from '../../http/operator/audit-json.ts';
import type { AuditEntry } from '../../pipeline/ports.ts';
import { csvLine } from '../csv.ts';
import type { LineFormat } from '../stream.ts';

const AUDIT_COLUMNS = [
  'recorded_at',
  'at',
  'kind',
  'organization',
  'user',
  'agent',
  'role',
  'permissions',
  'cutoff_of',
  'cutoff_id',
  'cutoff_at',
  'subject',
  'cause',
  'delivery',
  'replay',
  'reconciliation',
  'policy',
  'hold',
  'by',
  'reason',
  'revision',
  'action',
];

/** Each entry as a line, under a line of headings where it is CSV. */
export async function* auditLines(
  entries: AsyncIterable<AuditEntry>,
  format: LineFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(AUDIT_COLUMNS);
  for await (const entry of entries) {
    yield format === 'csv' ? auditCsv(entry) : `${JSON.stringify(auditJson(entry))}\n`;
  }
}

function auditCsv(entry: AuditEntry): string {
  const { cutoff, cause } = entry;
  return csvLine([
    entry.recordedAt,
    entry.at,
    entry.kind,
    entry.organizationId,
    entry.userId,
    entry.agentId,
    entry.role,
    entry.permissions.join('; '),
    cutoff?.of,
    cutoff?.id,
    cutoff?.at,
    entry.subject,
    cause.type,
    cause.delivery,
    cause.replay,
    cause.reconciliation,
    cause.policy,
    cause.hold,
    cause.by,
    cause.reason,
    entry.revision,
    entry.action,
  ]);
}
