import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import postgres from 'postgres';
import { createClient } from 'rolecall';
import { createGuard } from 'rolecall/guard';
import { startTestRolecall } from 'rolecall/testing';
import policy from '../policy.ts';
import { createApi } from './api.ts';
import { hirePeople } from './people.ts';
import { signInAsAnybody } from './sign-in.ts';
import { openTickets } from './tickets.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The app, with a whole Rolecall of its own: a Postgres, a stand-in for Clerk, and people.
 * @param port 0 for a free one.
 */
export async function startApp(port: number) {
  const app = new Hono();
  const server = await new Promise<{ url: string; close: () => Promise<void> }>((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) =>
      resolve({
        url: `http://localhost:${address.port}`,
        close: () => new Promise((closed) => void listening.close(() => closed())),
      }),
    );
  });
  // Tokens are made for pages of this origin, and only such pages may read /v1/me.
  const rolecall = await startTestRolecall({ policy, authorizedParty: server.url });
  const { clerk } = rolecall;

  const superuser = postgres(rolecall.database.url, { max: 1 });
  await superuser.unsafe(await readFile(here('tickets.sql'), 'utf8'));
  await hirePeople(clerk, superuser);
  await superuser.end();
  await rolecall.settled();

  const login = new URL(rolecall.database.url);
  [login.username, login.password] = ['cstar_app', 'for-development'];
  const tickets = openTickets(login.href);
  const guard = createGuard<keyof typeof policy.permissions>({
    client: createClient<typeof policy>({ url: rolecall.url, token: rolecall.tokens.read }),
    jwtKey: clerk.jwtKeyPem,
    issuer: clerk.issuer,
    authorizedParties: [server.url],
  });

  app.route('/api', createApi(guard, tickets));
  app.route('/sign-in', signInAsAnybody(clerk));
  app.get('/settings', (c) => c.json({ rolecall: rolecall.url }));
  app.get('/page/*', serveStatic({ root: here('.') }));
  app.get('/:organization', serveStatic({ path: here('page/index.html') }));

  return {
    url: server.url,
    rolecall,
    tickets,
    async stop() {
      await server.close();
      await tickets.close();
      await rolecall.stop();
    },
  };
}
