import type { Context } from 'hono';
import { isOrganizationId } from '../../domain/ids.ts';
import { failure } from '../failure.ts';

/** What stands between the host and the path of a decision point in the address of its metadata. */
export const WELL_KNOWN = '/.well-known/authzen-configuration';

/**
 * `GET /.well-known/authzen-configuration…`: where to ask, for everybody to read. A reader must discard it unless it
 * names the very decision point that was looked for, so it is told from the address that was called.
 */
export function describeDecisionPoint(c: Context): Response {
  const organization = c.req.param('organization');
  if (organization !== undefined && !isOrganizationId(organization)) return failure(c, 'invalid_identifier');
  const decisionPoint = addressOf(c, c.req.path.replace(WELL_KNOWN, ''));
  return c.json({
    policy_decision_point: decisionPoint,
    access_evaluation_endpoint: `${decisionPoint}/access/v1/evaluation`,
    access_evaluations_endpoint: `${decisionPoint}/access/v1/evaluations`,
    search_subject_endpoint: `${decisionPoint}/access/v1/search/subject`,
    search_resource_endpoint: `${decisionPoint}/access/v1/search/resource`,
    search_action_endpoint: `${decisionPoint}/access/v1/search/action`,
  });
}

/** A proxy that ends TLS says so. Whoever says so without being one misleads nobody else: the answer is not kept. */
function addressOf(c: Context, path: string): string {
  const { host, protocol } = new URL(c.req.url);
  const forwarded = /^https?(?=\s*(?:,|$))/i.exec(c.req.header('x-forwarded-proto') ?? '')?.[0];
  const scheme = forwarded?.toLowerCase() ?? protocol.slice(0, -1);
  return `${scheme}://${host}${path}`;
}
