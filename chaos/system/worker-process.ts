import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/testing/free-port.ts';
import { countingProxy } from '../../test/support/proxy.ts';
import type { Part } from './part.ts';

const HOST = fileURLToPath(new URL('./worker-host.ts', import.meta.url));
const CONFIG = fileURLToPath(new URL('../../wrangler.toml', import.meta.url));

/** The worker as it is deployed, in workerd, behind a proxy of its own to the database. */
export async function startWorkerProcess(
  databaseUrl: string,
  secrets: Readonly<Record<string, string>>,
  folder: string,
): Promise<Part> {
  const port = await freePort();
  const proxy = await countingProxy(databaseUrl);
  let said = '';

  const start = async (): Promise<ChildProcess> => {
    const child = fork(HOST, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
    child.send({ folder, configPath: CONFIG, port, databaseUrl: proxy.url, secrets });
    const ready = once(child, 'message');
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the worker did not start: ${said}`);
    });
    ended.catch(() => undefined);
    await Promise.race([ready, ended]);
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };

  let child = await start();
  return {
    url: `http://127.0.0.1:${port}`,
    proxy,
    async kill(forMs) {
      await end(child);
      await delay(forMs);
      child = await start();
    },
    async stop() {
      await end(child);
      await proxy.close();
    },
    lastWords: () => said.slice(-2_000),
  };
}
