import { type Context, Hono } from 'hono';
import type { Guard } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

/** The part of the product's server that needs permissions; what it would do is left out. */
export function createApp(guard: Guard<PermissionOf<typeof policy>>): Hono {
  const app = new Hono().basePath('/:workspace');
  const organization = (c: Context) => c.req.param('workspace');
  const may = (permission: PermissionOf<typeof policy>) =>
    requirePermission(permission, { guard, organization });

  app.put('/billing', may('billing:manage'), done);
  app.put('/settings', may('workspace_settings:manage'), done);
  app.put('/feature-flags/:flag', may('feature_flags:manage'), done);
  app.post('/api-keys', may('api_keys:manage'), done);
  app.post('/teammates', may('teammates:add'), done);
  app.delete('/teammates/:user', may('teammates:remove'), done);
  app.put('/teammates/:user/role', may('teammates:change_roles'), done);
  app.put('/restricted-words', may('restricted_words:manage'), done);
  app.get('/opt-outs', may('opt_outs:view'), done);
  app.put('/opt-outs', may('opt_outs:manage'), done);
  app.put('/attributes', may('attributes:manage'), done);
  app.get('/analytics', may('analytics:view'), done);
  app.get('/inbox-logs', may('inbox_logs:export'), done);
  app.put('/scheduled-messages/:id', may('scheduled_messages:update'), done);
  app.delete('/conversations/:id', may('conversations:delete'), done);
  app.delete('/messages/:id', may('messages:delete'), done);

  app.put('/inboxes/:inbox', may('public_inboxes:configure'), done);
  app.get('/inboxes/:inbox/messages', may('messages:view'), done);
  app.post('/inboxes/:inbox/messages', may('messages:send'), done);

  const assigned = new Map<string, string[]>();
  const inbox = (c: Context) => `${c.req.param('workspace')}/${c.req.param('inbox')}`;
  app.put('/private-inboxes/:inbox/assignees/:user', may('private_inboxes:configure'), (c) => {
    assigned.set(inbox(c), [...(assigned.get(inbox(c)) ?? []), c.req.param('user')]);
    return done(c);
  });
  const whereAssigned = { guard, organization, assignees: (c: Context) => assigned.get(inbox(c)) ?? [] };
  app.get('/private-inboxes/:inbox', requirePermission('private_inboxes:access', whereAssigned), done);
  app.get(
    '/private-inboxes/:inbox/messages',
    requirePermission('private_messages:view', whereAssigned),
    done,
  );
  app.post(
    '/private-inboxes/:inbox/messages',
    requirePermission('private_messages:send', whereAssigned),
    done,
  );

  const addedBy = new Map<string, string | null>();
  app.put('/contacts/:contact', may('contacts:update'), (c) => {
    if (!addedBy.has(c.req.path)) addedBy.set(c.req.path, c.var.rolecall.user);
    return done(c);
  });
  const owner = (c: Context) => addedBy.get(c.req.path);
  app.get('/contacts/:contact', requirePermission('contacts:view', { guard, organization, owner }), done);
  app.put('/contacts/:contact/attributes', may('attributes:update'), done);
  return app;
}

function done(c: Context): Response {
  return c.json({ done: true });
}
