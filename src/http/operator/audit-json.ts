import type { AuditEntry } from '../../pipeline/ports.ts';

/** A line of the audit trail, as the interface and the commands tell it. It names ids and never a payload. */
export function auditJson(entry: AuditEntry): object {
  return {
    revision: entry.revision,
    action: entry.action,
    kind: entry.kind,
    organization: entry.organizationId,
    user: entry.userId,
    agent: entry.agentId,
    role: entry.role,
    permissions: entry.permissions,
    cutoff: entry.cutoff,
    subject: entry.subject,
    cause: entry.cause,
    at: entry.at,
    recorded_at: entry.recordedAt,
  };
}
