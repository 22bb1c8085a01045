import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../../../src/testing/embedded-postgres.ts';
import { freePort } from '../../../src/testing/free-port.ts';
import { type ClerkStandInOptions, serveClerkStandIn } from '../../../src/testing/index.ts';
import { cleanups } from '../../../src/testing/stack/cleanup.ts';
import { credentialsIn } from '../../../src/testing/stack/credentials.ts';
import { makeLogins } from '../../../src/testing/stack/logins.ts';
import { untilReady } from '../../../src/testing/stack/ready.ts';
import { shell } from '../../support/shell.ts';
import type { Running } from './smoke.ts';

const command = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

const rolecall = (args: readonly string[], environment: Record<string, string>): ChildProcess =>
  spawn(process.execPath, [command, ...args], {
    env: { ...shell, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });

export type Served = Running & {
  /** Its exit code after this signal. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** `rolecall serve` as a process of its own, over a Postgres that is not its child, prepared by `rolecall migrate`. */
export const startServed = async (options: ClerkStandInOptions = {}): Promise<Served> => {
  const ends = cleanups();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-serve-'));
    ends.later(() => rm(folder, { recursive: true, force: true }));
    const [credentials, postgres, port] = await Promise.all([
      credentialsIn(folder),
      startEmbeddedPostgres(),
      freePort(),
    ]);
    ends.later(postgres.stop);
    const migration = rolecall(['migrate'], { DATABASE_URL: postgres.url });
    await once(migration, 'exit');
    if (migration.exitCode !== 0) throw new Error(`rolecall migrate ended with ${migration.exitCode}.`);
    const logins = await makeLogins(postgres.url, credentials);

    const url = `http://127.0.0.1:${port}`;
    const webhooks = `${url}/webhooks/clerk`;
    const { standIn, ...clerk } = await serveClerkStandIn({
      ...options,
      ...credentials,
      endpoints: [{ url: webhooks }],
    });
    ends.later(clerk.close);
    const server = rolecall(['serve', '--port', String(port)], {
      DATABASE_URL: logins.service,
      CLERK_WEBHOOK_SIGNING_SECRET: credentials.signingSecret,
      CLERK_SECRET_KEY: credentials.secretKey,
      CLERK_API_URL: clerk.url,
      CLERK_JWT_KEY: standIn.jwtKeyPem,
      CLERK_ISSUER: standIn.issuer,
      ROLECALL_AUTHORIZED_PARTIES: standIn.authorizedParty,
      ROLECALL_READ_TOKEN: credentials.readToken,
      ROLECALL_OPERATOR_TOKEN: credentials.operatorToken,
    });
    const said: string[] = [];
    server.stderr?.on('data', (text) => said.push(String(text)));
    const exited = once(server, 'exit');
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      if (server.exitCode === null) server.kill(signal);
      await exited;
      return server.exitCode;
    };
    ends.later(() => end('SIGKILL'));
    await untilReady(url, () => said.slice(-20).join(''));
    return {
      worker: { url, webhooks },
      clerk: { url: clerk.url, standIn },
      database: { url: postgres.url, reader: logins.reader, interrupt: postgres.interrupt },
      tokens: { read: credentials.readToken, operator: credentials.operatorToken },
      end,
      stop: ends.run,
    };
  } catch (error) {
    await ends.run();
    throw error;
  }
};
