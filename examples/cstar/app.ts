import { type Context, Hono } from 'hono';
import type { Guard } from 'rolecall/guard';
import { requirePermission } from 'rolecall/hono';
import type { PermissionOf } from 'rolecall/policy';
import type policy from './policy.ts';

/** The part of the product's server that needs permissions, as far as the page tells of it. */
export function createApp(guard: Guard<PermissionOf<typeof policy>>): Hono {
  return new Hono()
    .get('/tickets', requirePermission('view_tickets', { guard }), done)
    .patch('/tickets', requirePermission('work_tickets', { guard }), done)
    .delete('/tickets', requirePermission('delete_tickets', { guard }), done)
    .put('/articles', requirePermission('manage_articles', { guard }), done)
    .post('/members', requirePermission('manage_members', { guard }), done)
    .put('/billing', requirePermission('manage_billing', { guard }), done)
    .post('/boss-battles', requirePermission('game_participation', { guard }), done);
}

function done(c: Context): Response {
  return c.json({ done: true });
}
