import type { Context } from 'hono';
import { readAsker } from '../asker.ts';
import { instant } from '../json.ts';
import type { Services } from '../services.ts';
import { readQuery } from './query.ts';

/** Whoever has more than so many to look at begins with these. */
const MOST_FINDINGS = 1_000;

/**
 * `GET /v1/organizations/{organization}/findings`: what does not hold although the policy says so, or could not be read.
 * A token of one organization is not told what concerns them all.
 */
export async function listFindings(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const query = readQuery(c, {});
  if (query instanceof Response) return query;
  const findings = await services.listing.listFindings({
    organizationId: asker.organization,
    everywhere: asker.token.organization === null,
    limit: MOST_FINDINGS,
  });
  return c.json({
    findings: findings.map(({ kind, userId, role, detail, foundAt }) => ({
      kind,
      user: userId,
      role,
      detail,
      found_at: instant(foundAt),
    })),
  });
}
