import * as v from 'valibot';
import { isUserId, type UserId } from '../../domain/ids.ts';
import type { AuditStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';
import { effect, entry } from './operator-store.ts';
import { rolesOf } from './standing.ts';

const text = v.string();
const maybe = v.nullable(text);
const count = v.number();
const userId = v.custom<UserId>(isUserId);

const cause = v.object({
  type: text,
  delivery: v.optional(text),
  replay: v.optional(count),
  reconciliation: v.optional(count),
  policy: v.optional(count),
  hold: v.optional(count),
  by: v.optional(text),
  reason: v.optional(text),
});

const auditEntry = v.object({
  revision: v.nullable(count),
  action: v.nullable(count),
  kind: text,
  organizationId: maybe,
  userId: maybe,
  agentId: maybe,
  role: maybe,
  permissions: v.array(text),
  cutoff: v.nullable(v.object({ of: text, id: text, at: text })),
  subject: maybe,
  cause,
  at: text,
  recordedAt: text,
});

const audit = v.object({
  entries: v.array(auditEntry),
  next: v.nullable(v.object({ at: count, isAction: v.boolean(), number: count })),
});

const review = v.object({
  name: maybe,
  members: v.array(
    v.object({
      userId,
      role: text,
      scoped: v.record(text, v.record(text, text)),
      since: v.nullable(count),
      suspended: v.boolean(),
      guest: v.boolean(),
    }),
  ),
  next: v.nullable(v.object({ guest: v.boolean(), since: count, userId })),
});

const organizations = v.object({
  organizations: v.array(v.object({ organizationId: text, name: maybe, members: count, more: v.boolean() })),
  next: v.nullable(v.object({ byName: v.boolean(), id: text })),
});

const provenance = v.object({
  changes: v.array(auditEntry),
  deliveries: v.array(v.object({ ...entry, sentAt: v.nullable(count) })),
  effects: v.array(effect),
  leftCutoff: v.nullable(count),
  holds: v.array(v.object({ id: count, at: text })),
});

export function postgresAuditStore(statements: Statements): AuditStore {
  return {
    async listAudit({ filter, ...page }) {
      return checked(audit, await statements.call('list_audit', { ...filter, ...page }));
    },
    async listForReview(wanted) {
      const page = checked(review, await statements.call('list_for_review', wanted));
      const members = page.members.map(({ scoped, ...member }) => ({
        ...member,
        roles: rolesOf(member.role, scoped),
      }));
      return { ...page, members };
    },
    async listOrganizations(wanted) {
      return checked(organizations, await statements.call('list_organizations', wanted));
    },
    async readProvenance(wanted) {
      return checked(provenance, await statements.call('read_provenance', wanted));
    },
  };
}
