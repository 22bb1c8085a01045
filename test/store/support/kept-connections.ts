import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** `Terminate`, with which a client takes its leave. */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

/** Stands before Postgres and keeps the connections of clients that have left, as a pooler does. */
export async function keptConnections(
  databaseUrl: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const kept = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    kept.add(upstream);
    client.on('data', (bytes) => {
      if (!bytes.equals(TERMINATE)) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url: url.href,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of kept) socket.destroy();
      await closed;
    },
  };
}
