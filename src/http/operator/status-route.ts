import type { Context } from 'hono';
import { readStatus as read } from '../../pipeline/operators/status.ts';
import type { Services } from '../services.ts';
import { readOperator } from './authorize.ts';
import { statusJson } from './status-json.ts';

/** `GET /operator/v1/status`: the one screen. */
export async function readStatus(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  return c.json(statusJson(await read(services.status)));
}
