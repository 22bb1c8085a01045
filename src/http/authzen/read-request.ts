import type { Context } from 'hono';
import { readAsker, readToken } from '../asker.ts';
import { readJson } from '../json.ts';
import type { Services } from '../services.ts';
import type { Asker } from './read-question.ts';

/** Who asks and the body they sent, or the answer that refuses them. */
export async function readRequest(
  c: Context,
  services: Services,
): Promise<{ readonly asker: Asker; readonly body: unknown } | Response> {
  const asker = readTenant(c, services);
  if (asker instanceof Response) return asker;
  const json = await readJson(c);
  return json instanceof Response ? json : { asker, body: json.body };
}

/** At the root, the question itself names the organization. */
function readTenant(c: Context, services: Services): Asker | Response {
  if (c.req.param('organization') !== undefined) {
    const asker = readAsker(c, services);
    return asker instanceof Response ? asker : { token: asker.token, tenant: asker.organization };
  }
  const token = readToken(c, services);
  return token instanceof Response ? token : { token, tenant: null };
}
