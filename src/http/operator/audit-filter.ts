import * as v from 'valibot';
import { AUDIT_CAUSES, type AuditFilter } from '../../pipeline/ports.ts';
import { identifier } from '../listing/query.ts';
import { moment } from '../moment.ts';

/** What a filter of the audit trail is made of, in a query or in options. */
export const auditParameters = {
  organization: v.optional(identifier),
  user: v.optional(identifier),
  kind: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z_]{0,49}$/))),
  cause: v.optional(v.picklist(AUDIT_CAUSES)),
  from: v.optional(moment),
  to: v.optional(moment),
};

type Given = v.InferOutput<v.ObjectSchema<typeof auditParameters, undefined>>;

export function auditFilterFrom(given: Given): AuditFilter {
  return {
    organizationId: given.organization ?? null,
    userId: given.user ?? null,
    kind: given.kind ?? null,
    cause: given.cause ?? null,
    from: given.from ?? null,
    to: given.to ?? null,
  };
}
