import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on now; with a number, that one or an error. */
export const freePort = (wanted = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) =>
      reject(
        new Error(`Port ${wanted} of 127.0.0.1 cannot be used; does another program listen there?`, {
          cause,
        }),
      ),
    );
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
