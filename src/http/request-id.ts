import type { Context } from 'hono';

/** Nothing that could end a header; nor anything else that Node, which reads it as Latin-1, may write as UTF-8. */
const ECHOED = /^[\t\x20-\x7e]+$/;

/** Sends the `X-Request-ID` of a request back with its answer, whatever the answer is. */
export function echoRequestId(c: Context): void {
  const id = c.req.header('x-request-id');
  if (id !== undefined && ECHOED.test(id)) c.header('x-request-id', id);
}
