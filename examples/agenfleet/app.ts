import { type Context, Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import type { Client } from 'rolecall';
import type { Guard } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

type Permission = PermissionOf<typeof policy>;

/** The part of the product's server that needs permissions; what it would do is left out. */
export function createApp(guard: Guard<Permission>, client: Client, runtimeSecret: string): Hono {
  const app = new Hono();
  const organization = (c: Context) => c.req.param('tenant');
  const may = (permission: Permission) => requirePermission(permission, { guard, organization });

  const portal = new Hono();
  portal.get('/agents', may('agents:view'), done);
  portal.post('/agents', may('agents:create'), done);
  portal.put('/agents/:agent', may('agents:edit'), done);
  portal.delete('/agents/:agent', may('agents:delete'), done);
  portal.get('/fleet-status', may('fleet_status:view'), done);
  portal.get('/cron-history', may('cron_history:view'), done);
  portal.put('/cron-jobs/:job', may('cron_jobs:configure'), done);
  portal.delete('/cron-jobs/:job', may('cron_jobs:delete'), done);
  portal.put('/integrations/:name', may('integrations:manage'), done);
  portal.delete('/integrations/:name', may('integrations:delete'), done);
  portal.put('/notifications', may('notifications:configure'), done);
  portal.get('/audit-logs', may('audit_logs:view'), done);
  portal.get('/audit-logs/export', may('audit_logs:export'), done);
  portal.get('/billing', may('billing:manage'), done);
  portal.post('/team', may('team:manage'), done);
  portal.put('/settings', may('settings:manage'), done);

  const begunBy = new Map<string, string | null>();
  portal.post('/sessions/:id', may('sessions:start'), (c) => {
    begunBy.set(c.req.path, c.var.rolecall.user);
    return done(c);
  });
  const owner = (c: Context) => begunBy.get(c.req.path);
  portal.get('/sessions/:id', requirePermission('sessions:view', { guard, organization, owner }), done);
  portal.delete('/sessions/:id', may('sessions:delete'), done);
  app.route('/:tenant', portal);

  // What the agents' runtime asks before each call of a tool. It comes with a secret of its own: no user need be there.
  app.post('/:tenant/runtime/:agent/:tool', bearerAuth({ token: runtimeSecret }), async (c) => {
    const { tenant, agent, tool } = c.req.param();
    const user = c.req.query('for');
    const decision = await client.check({
      agent,
      organization: tenant,
      permission: `tool:${tool}`,
      ...(user === undefined ? {} : { actingFor: user }),
    });
    return decision.allowed ? done(c) : c.json({ error: decision.reason }, 403);
  });
  return app;
}

function done(c: Context): Response {
  return c.json({ done: true });
}
