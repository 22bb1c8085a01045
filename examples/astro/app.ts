import { type Context, Hono } from 'hono';
import type { Guard } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

/** The part of the product's server that needs permissions: of the Organization, and of one Workspace in it. */
export function createApp(guard: Guard<PermissionOf<typeof policy>>): Hono {
  const there = { guard, scope: workspace };
  return new Hono()
    .get('/organization', requirePermission('organization:view', { guard }), done)
    .put('/billing', requirePermission('billing:update', { guard }), done)
    .put('/people', requirePermission('organization_users:update', { guard }), done)
    .get('/workspaces/:workspace/deployments', requirePermission('deployments:view', there), done)
    .post('/workspaces/:workspace/deployments', requirePermission('deployments:push_code', there), done)
    .put('/workspaces/:workspace/access', requirePermission('workspace_users:update', there), done);
}

function workspace(c: Context) {
  return { type: 'workspace', id: c.req.param('workspace') ?? '' };
}

function done(c: Context): Response {
  return c.json({ done: true });
}
