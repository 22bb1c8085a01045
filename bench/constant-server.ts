import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** Reads the question and answers the same to everybody: what HTTP and JSON cost by themselves. */
const app = new Hono();
app.post('/access/v1/evaluation', async (c) => {
  await c.req.json();
  return c.json({ decision: true });
});

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.send?.(`http://127.0.0.1:${port}`);
});
