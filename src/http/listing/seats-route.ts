import type { Context } from 'hono';
import { countSeats } from '../../pipeline/count-seats.ts';
import { readAsker } from '../asker.ts';
import type { Services } from '../services.ts';
import { readQuery } from './query.ts';

/** `GET /v1/organizations/{organization}/seats`: how many of its members are to be paid for. */
export async function readSeats(c: Context, services: Services): Promise<Response> {
  const asker = readAsker(c, services);
  if (asker instanceof Response) return asker;
  const query = readQuery(c, {});
  if (query instanceof Response) return query;
  const { total, free, paid, byRole, revision } = await countSeats(services.listing, asker.organization);
  return c.json({ total, free, paid, by_role: byRole, revision });
}
