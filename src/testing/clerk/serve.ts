import { serve } from '@hono/node-server';
import type { ClerkStandInOptions } from './options.ts';
import type { ClerkStandIn } from './stand-in.ts';
import { createClerkStandIn } from './stand-in.ts';

export interface ServedClerkStandIn {
  /** `http://127.0.0.1:<port>`: what `CLERK_API_URL` wants. */
  readonly url: string;
  readonly standIn: ClerkStandIn;
  readonly close: () => Promise<void>;
}

export const serveClerkStandIn = async (
  options: ClerkStandInOptions & { readonly port?: number } = {},
): Promise<ServedClerkStandIn> => {
  const standIn = createClerkStandIn(options);
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve, reject) => {
      const server = serve(
        { fetch: standIn.fetch, hostname: '127.0.0.1', port: options.port ?? 0 },
        (info) => {
          server.off('error', reject);
          resolve({ server, port: info.port });
        },
      );
      server.once('error', reject);
    },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    standIn,
    async close() {
      standIn.close();
      const closed = new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
      });
      // Kept-alive connections of callers would hold the server open for as long as they like.
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
};
