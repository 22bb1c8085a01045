import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface CountingProxy {
  readonly url: string;
  /** How often the client spoke after the server had spoken, or first: each is a wait of one round trip. */
  waits(): number;
  connections(): number;
  reset(): void;
  /** Breaks every connection, as a crash of the server does. */
  cut(): void;
  close(): Promise<void>;
}

/** Stands between the client and Postgres, and counts at the wire what a network would cost. */
export async function countingProxy(databaseUrl: string): Promise<CountingProxy> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let waits = 0;
  let connections = 0;
  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const upstream = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    let serverSpokeLast = true;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('data', (bytes) => {
        if (from === client && serverSpokeLast) waits += 1;
        serverSpokeLast = from === upstream;
        to.write(bytes);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href,
    waits: () => waits,
    connections: () => connections,
    reset: () => {
      waits = 0;
      connections = 0;
    },
    cut,
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
