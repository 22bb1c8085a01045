import type { Context } from 'hono';
import type { SnapshotLines } from '../../pipeline/ports.ts';
import { readToken } from '../asker.ts';
import { NOT_KEPT } from '../failure.ts';
import { readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { pacedBody } from './paced-body.ts';

/** No token that is taken lives longer than half of this: what ended before it refuses nothing any more. */
const STILL_MATTERS_MS = 10 * 60_000;

/** `GET /v1/snapshot`: everything that holds at one revision, a line each. Half of it is worth nothing: see the last line. */
export async function readSnapshot(c: Context, services: Services): Promise<Response> {
  const token = readToken(c, services);
  if (token instanceof Response) return token;
  const query = readQuery(c, {});
  if (query instanceof Response) return query;
  const headers = { ...NOT_KEPT, 'content-type': 'application/x-ndjson' };
  // A HEAD is answered as a GET is, but nobody reads or ends its body.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers);

  const at = services.clock.now();
  const lines = services.feedStore.readSnapshot({
    organizationId: token.organization,
    at,
    since: at - STILL_MATTERS_MS,
  });
  // Before anything is answered: what cannot be begun is a 503.
  const first = await lines.next();
  return c.body(
    pacedBody(() => snapshot(first, lines)),
    200,
    headers,
  );
}

async function* snapshot(
  first: IteratorResult<SnapshotLines, void>,
  rest: AsyncGenerator<SnapshotLines, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  let members = 0;
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      members += next.value.members;
      yield next.value.text;
    }
    const revision = first.done === true ? 0 : first.value.revision;
    yield `${JSON.stringify({ kind: 'end', revision, members })}\n`;
  } finally {
    // Whoever went away halfway: the connection is another reader's.
    await rest.return();
  }
}
