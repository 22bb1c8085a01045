import { serve } from '@hono/node-server';
import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Hono } from 'hono';
import postgres from 'postgres';
import { Webhook } from 'svix';
import * as v from 'valibot';

/** What many apps have: verify, upsert, answer. Whatever arrives last wins. */
const members = pgTable(
  'naive_members',
  {
    organizationId: text('organization_id'),
    userId: text('user_id'),
    role: text('role'),
    permissions: text('permissions').array(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.userId] })],
);

const event = v.object({
  data: v.object({
    role: v.string(),
    permissions: v.array(v.string()),
    organization: v.object({ id: v.string() }),
    public_user_data: v.object({ user_id: v.string() }),
  }),
});

const database = drizzle(postgres(process.env['DATABASE_URL'] ?? '', { max: 8 }));
const webhook = new Webhook(process.env['CLERK_WEBHOOK_SIGNING_SECRET'] ?? '');
const app = new Hono();
app.post('/webhooks/clerk', async (c) => {
  const body = await c.req.text();
  webhook.verify(body, c.req.header());
  const { data } = v.parse(event, JSON.parse(body));
  const row = {
    organizationId: data.organization.id,
    userId: data.public_user_data.user_id,
    role: data.role,
    permissions: data.permissions,
  };
  await database
    .insert(members)
    .values(row)
    .onConflictDoUpdate({ target: [members.organizationId, members.userId], set: row });
  return c.json({ ok: true });
});

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.send?.(`http://127.0.0.1:${port}`);
});
