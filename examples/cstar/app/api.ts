import { type Context, Hono } from 'hono';
import type { Guard } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from '../policy.ts';
import type { Tickets } from './tickets.ts';

/** Layer 2, the API: a request without the permission is answered 403, which names it. */
export function createApi(guard: Guard<PermissionOf<typeof policy>>, tickets: Tickets): Hono {
  const organization = (c: Context) => c.req.param('organization');
  const may = { guard, organization };

  return new Hono()
    .get('/:organization/tickets', requirePermission('view_tickets', may), async (c) => {
      const caller = c.var.rolecall;
      return caller.via === 'session' ? c.json(await tickets.list(caller)) : c.notFound();
    })
    .delete('/:organization/tickets/:id{[0-9]{1,9}}', requirePermission('delete_tickets', may), async (c) => {
      const caller = c.var.rolecall;
      const gone = caller.via === 'session' && (await tickets.remove(caller, Number(c.req.param('id'))));
      return gone ? c.body(null, 204) : c.notFound();
    });
}
