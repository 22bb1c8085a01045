import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { requestRefused } from '../http/failure.ts';
import { createRolecall, type RolecallOptions } from './rolecall.ts';

export interface NodeServer {
  readonly url: string;
  /** Lets requests in flight finish and takes no more, then lets go of the database. */
  stop(): Promise<void>;
}

export interface NodeServerOptions extends RolecallOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** 127.0.0.1 when left out: what faces the network is a proxy's to say. */
  readonly host?: string;
  /** How long `stop` waits for requests in flight. 15 seconds when left out: longer than any request takes. */
  readonly graceMs?: number;
}

const GRACE_MS = 15_000;

/** Proxies keep idle connections for a minute; one that is closed under the next request of theirs is a 502. */
const KEEP_ALIVE_MS = 75_000;

/** Serves Rolecall over HTTP on Node. Throws what `createRolecall` throws, or why the port cannot be had. */
export async function startNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const rolecall = createRolecall(options);
  const listener = getRequestListener(rolecall.fetch, { errorHandler: requestRefused });
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const unused = unusedConnections(server);
  const host = options.host ?? '127.0.0.1';
  server.listen(options.port, host);
  await once(server, 'listening');
  rolecall.start();
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`,
    async stop() {
      rolecall.drain();
      const closed = once(server, 'close');
      server.close();
      // A kept-alive connection ends after the answer it waits for, one that never asked at once, half a request with the grace.
      const idle = setInterval(() => {
        server.closeIdleConnections();
        for (const socket of unused()) socket.destroy();
      }, 50);
      const hurry = setTimeout(() => server.closeAllConnections(), options.graceMs ?? GRACE_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(hurry);
      await rolecall.stop();
    },
  };
}

/** Browsers and pools open connections ahead of need, which Node.js does not count among the idle ones. */
function unusedConnections(server: Server): () => Socket[] {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => [...open].filter(({ bytesRead }) => bytesRead === 0);
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
