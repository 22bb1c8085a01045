import type { Context } from 'hono';
import { OPENAPI } from './generated.ts';

/** `GET /openapi.json`: this interface, as programs read it. It says nothing about anybody: anybody may have it. */
export function describeInterface(c: Context): Response {
  return c.body(OPENAPI, 200, { 'content-type': 'application/json' });
}
