import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createApp } from '../http/app.ts';
import { unknownInstance } from '../pipeline/instance-check.ts';
import { postgresStatements } from '../store/postgres/client.ts';
import { type Composed, compose } from './compose.ts';
import type { Config } from './config.ts';
import { jsonLog } from './log.ts';

export interface NodeServer {
  readonly url: string;
  /** Lets requests in flight finish and takes no more, then lets go of the database. */
  stop(): Promise<void>;
}

export interface NodeServerOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly port: number;
  /** Defaults to 127.0.0.1: what faces the network is a proxy's to say. */
  readonly host?: string;
  /** For example `/rolecall`. */
  readonly basePath?: string;
  /** Connections to the database; commits share them. */
  readonly connections?: number;
  readonly writeLog?: (line: string) => void;
}

/** How often to look for what is owed when nothing nudges: what another process left behind, or what falls due. */
const SWEEP_MS = 1_000;

/** The same app as on Workers, served by Node: concurrent requests share commits, and a loop dispatches effects. */
export async function startNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const clock = { now: () => Date.now() };
  const log = jsonLog((_, line) => (options.writeLog ?? console.error)(line), clock.now);
  const statements = postgresStatements(options.databaseUrl, { connections: options.connections ?? 8 });
  let nudge = (): void => undefined;
  const composed = compose(options.config, {
    statements,
    clock,
    log,
    spill: null,
    knownInstance: unknownInstance(),
    concurrency: 8,
    sharing: true,
    dispatchSoon: () => nudge(),
  });
  const loop = dispatchLoop(composed, (error) => log.error('dispatch_failed', { error }));
  nudge = loop.nudge;

  const app = createApp(() => ({ services: composed.services }));
  const mounted = options.basePath === undefined ? app : new Hono().route(options.basePath, app);
  const server = createAdaptorServer({ fetch: mounted.fetch });
  const host = options.host ?? '127.0.0.1';
  server.listen(options.port, host);
  await once(server, 'listening');
  const port = portOf(server);
  log.info('serving', { host, port, mode: options.config.mode });

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      await closed;
      await loop.stop();
      await statements.end();
      log.info('stopped');
    },
  };
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

/** Dispatches when nudged and once a sweep, one run at a time. */
function dispatchLoop(composed: Composed, failed: (error: string) => void) {
  let stopping = false;
  let nudged = false;
  let wake = (): void => undefined;
  const run = async (): Promise<void> => {
    while (!stopping) {
      nudged = false;
      try {
        await composed.dispatch(Date.now() + SWEEP_MS * 10);
      } catch (error) {
        // Owed effects stay owed: the next sweep finds them.
        failed(error instanceof Error ? error.name : typeof error);
      }
      if (nudged || stopping) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SWEEP_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return {
    nudge() {
      nudged = true;
      wake();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
