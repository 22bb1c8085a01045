import { type Context, Hono } from 'hono';
import type { Guard, OnDenied } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

/** The answer that the page promises: `{"error": "Unauthorized: Missing org:manage_agents:create permission"}`. */
const onDenied: OnDenied = (denied) => {
  const { status, code } = denied;
  if (code !== 'forbidden') return Response.json({ error: code }, { status });
  return Response.json({ error: `Unauthorized: Missing ${denied.permission} permission` }, { status });
};

/** The part of the product's server that needs permissions. */
export function createApp(guard: Guard<PermissionOf<typeof policy>>): Hono {
  const shared = { guard, onDenied };
  /** In the app these are columns: who began the conversation, whose dashboard it is. */
  const owner = (c: Context) => c.req.param('user');

  return new Hono()
    .post('/api/chat', requirePermission('org:agents:chat', shared), done)
    .get(
      '/api/conversations/of/:user',
      requirePermission('org:conversations:read', { ...shared, owner }),
      done,
    )
    .get('/api/dashboard/of/:user', requirePermission('org:dashboard:read', { ...shared, owner }), done)
    .get('/api/control-hub', requirePermission('org:control_hub:read', shared), done)
    .post('/api/agents', requirePermission('org:manage_agents:create', shared), done)
    .put('/api/agents', requirePermission('org:manage_agents:update', shared), done)
    .delete('/api/agents', requirePermission('org:manage_agents:update', shared), done)
    .get('/api/analytics', requirePermission('org:analytics:read', shared), done)
    .get('/api/user-activity', requirePermission('org:user_activity:read', shared), done)
    .post('/api/model-providers', requirePermission('org:model_providers:manage', shared), done)
    .get('/api/admin', requirePermission('org:admin_dashboard:read', shared), done);
}

function done(c: Context): Response {
  return c.json({ done: true });
}
