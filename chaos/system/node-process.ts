import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/testing/free-port.ts';
import { type CountingProxy, countingProxy } from '../../test/support/proxy.ts';
import { type Command, rolecall } from '../../test/support/serve.ts';
import type { Part } from './part.ts';

/** `rolecall serve` in a process of its own, behind a proxy of its own to the database. */
export async function startNodeProcess(
  databaseUrl: string,
  environment: Readonly<Record<string, string>>,
): Promise<Part> {
  const port = await freePort();
  const proxy: CountingProxy = await countingProxy(databaseUrl);
  const start = (): Command =>
    rolecall(['serve', '--json', '--port', String(port)], { ...environment, DATABASE_URL: proxy.url });
  let command = start();
  await command.firstLine;
  return {
    url: `http://127.0.0.1:${port}`,
    proxy,
    async kill(forMs) {
      command.kill('SIGKILL');
      await command.ended;
      await delay(forMs);
      command = start();
      await command.firstLine;
    },
    async stop() {
      command.kill('SIGTERM');
      // What it cannot end in time it is not allowed to keep.
      const hurry = setTimeout(() => command.kill('SIGKILL'), 5_000);
      await command.ended;
      clearTimeout(hurry);
      await proxy.close();
    },
    lastWords: () => command.err().slice(-2_000),
  };
}
