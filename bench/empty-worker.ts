import { Hono } from 'hono';

/** What a worker costs that does nothing. */
const app = new Hono();
app.get('/healthz', (c) => c.json({ ok: true }));
app.post('/webhooks/clerk', async (c) => {
  await c.req.text();
  return c.json({ ok: true });
});

export default app;
