import { type Context, Hono } from 'hono';
import type { Guard, OnDenied } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

/** The answer that the page shows: `{"error": "Unauthorized: Missing org:manage_agents:create permission"}`. */
const onDenied: OnDenied = (denied) => {
  if (denied.code !== 'forbidden') return Response.json({ error: denied.code }, { status: denied.status });
  return Response.json({ error: `Unauthorized: Missing ${denied.permission} permission` }, { status: 403 });
};

/** The part of the product's server that needs permissions; what it would do is left out. */
export function createApp(guard: Guard<PermissionOf<typeof policy>>): Hono {
  // In the path: the API key of a user is good in each organization of that user.
  const organization = (c: Context) => c.req.param('organization');
  const may = { guard, onDenied, organization };
  const app = new Hono().basePath('/:organization/api');

  app.get('/control-hub', requirePermission('org:control_hub:read', may), done);
  app.post('/agents', requirePermission('org:manage_agents:create', may), done);
  app.put('/agents/:agent', requirePermission('org:manage_agents:update', may), done);
  app.delete('/agents/:agent', requirePermission('org:manage_agents:update', may), done);
  app.post('/model-providers', requirePermission('org:model_providers:manage', may), done);
  app.post('/users', requirePermission('org:users:manage', may), done);
  app.get('/analytics', requirePermission('org:analytics:read', may), done);
  app.get('/user-activity', requirePermission('org:user_activity:read', may), done);
  app.get('/admin', requirePermission('org:admin_dashboard:read', may), done);

  const begunBy = new Map<string, string | null>();
  app.post('/conversations/:id', requirePermission('org:agents:chat', may), (c) => {
    begunBy.set(c.req.path, c.var.rolecall.user);
    return done(c);
  });
  app.get(
    '/conversations/:id',
    requirePermission('org:conversations:read', { ...may, owner: (c) => begunBy.get(c.req.path) }),
    done,
  );
  app.get(
    '/dashboards/:user',
    requirePermission('org:dashboard:read', { ...may, owner: (c) => c.req.param('user') }),
    done,
  );
  return app;
}

function done(c: Context): Response {
  return c.json({ done: true });
}
