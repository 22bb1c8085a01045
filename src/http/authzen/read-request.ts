import type { Context } from 'hono';
import { isOrganizationId } from '../../domain/ids.ts';
import { authenticate } from '../bearer.ts';
import { failure } from '../failure.ts';
import { readBody } from '../read-body.ts';
import type { Services } from '../services.ts';
import type { Asker } from './read-question.ts';

/** Who asks and the body they sent, or the answer that refuses them. */
export async function readRequest(
  c: Context,
  services: Services,
): Promise<{ readonly asker: Asker; readonly body: unknown } | Response> {
  const token = authenticate(c.req.header('authorization'), services.readTokens);
  if (token === null) return failure(c, 'unauthenticated', { 'www-authenticate': 'Bearer' });
  const tenant = c.req.param('organization') ?? null;
  if (tenant !== null && !isOrganizationId(tenant)) return failure(c, 'invalid_identifier');
  if (tenant !== null && token.organization !== null && token.organization !== tenant)
    return failure(c, 'forbidden');
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
    return failure(c, 'invalid_content_type');
  const bytes = await readBody(c.req.raw);
  if (typeof bytes === 'string') return failure(c, bytes);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { asker: { token, tenant }, body: JSON.parse(text) as unknown };
  } catch {
    return failure(c, 'invalid_body');
  }
}
