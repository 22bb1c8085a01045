import { createServer } from 'node:net';

/**
 * Below what systems give out by themselves (Linux from 32768 on, others from 49152): a port of those is often taken by
 * somebody's connection before the server that it was chosen for listens there.
 */
const [FIRST, LAST] = [20_000, 32_000];

/** A port of 127.0.0.1 that nobody listens on now; with a number, that one or an error. */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted !== 0) return probe(wanted);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await probe(FIRST + Math.floor(Math.random() * (LAST - FIRST)));
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) =>
      reject(
        new Error(`Port ${port} of 127.0.0.1 cannot be used; does another program listen there?`, {
          cause,
        }),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}
