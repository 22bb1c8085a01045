import type { Context } from 'hono';

/** Printable and not long: what is sent back must fit into a header, a log line and a terminal. */
const ECHOED = /^[\x20-\x7e]{1,200}$/;

/** Sends the `X-Request-ID` of a request back with its answer, whatever the answer is. */
export function echoRequestId(c: Context): void {
  const id = c.req.header('x-request-id');
  if (id !== undefined && ECHOED.test(id)) c.header('x-request-id', id);
}
