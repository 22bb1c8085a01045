import type { Context } from 'hono';
import * as v from 'valibot';
import { isOrganizationId, type OrganizationId } from '../../domain/ids.ts';
import type { ReconciliationRequest } from '../../pipeline/ports.ts';
import { failure } from '../failure.ts';
import { readJson } from '../json.ts';
import { reason } from './reason.ts';

export const reconciliationBody = v.strictObject({
  organization: v.optional(v.custom<OrganizationId>(isOrganizationId)),
  dry_run: v.optional(v.boolean(), false),
  reason: v.optional(reason, ''),
});

/** What is to be compared, or the answer that says what is wrong with it. */
export async function readReconciliationRequest(
  c: Context,
): Promise<Pick<ReconciliationRequest, 'organizationId' | 'dryRun' | 'reason'> | Response> {
  const json = await readJson(c);
  if (json instanceof Response) return json;
  const read = v.safeParse(reconciliationBody, json.body);
  if (!read.success) {
    const words = 'A reconciliation has an "organization" or none for all, "dry_run" and "reason".';
    return failure(c, 'invalid_request', {}, words);
  }
  const { organization, dry_run: dryRun, reason: why } = read.output;
  return { organizationId: organization ?? null, dryRun, reason: why };
}
