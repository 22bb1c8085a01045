import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './embedded-postgres/account.ts';
import { chooseAccount } from './embedded-postgres/account.ts';
import { findBinaries } from './embedded-postgres/binaries.ts';
import { ownerOfData, prepareData } from './embedded-postgres/data.ts';
import { makeFolder } from './embedded-postgres/folders.ts';
import { stopLeftRunning } from './embedded-postgres/left-running.ts';
import type { Server } from './embedded-postgres/server.ts';
import { PostgresEnded, startServer } from './embedded-postgres/server.ts';
import { freePort } from './free-port.ts';

export type EmbeddedPostgresOptions = {
  /** Made if missing; may be a link. Without it the data is temporary: fast, not crash-safe, removed by `stop`. */
  readonly dataDirectory?: string;
  /** A free one by default. */
  readonly port?: number;
  /** Receives the server's log, line by line. */
  readonly log?: (line: string) => void;
  /** Settings of the server, e.g. `{ max_connections: '400' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Keeps a Ctrl-C at the terminal from Postgres, for programs that finish their work before they stop it. */
  readonly ownProcessGroup?: boolean;
};

export type EmbeddedPostgres = {
  readonly url: string;
  readonly port: number;
  /** Resolves with the end of the log once the server ended, for whatever reason. */
  readonly exited: Promise<string>;
  /**
   * Stops the server and keeps its data: an outage. Resolves with what starts it again, on the same port. `immediate`:
   * without finishing anything, so that it recovers from its log as after a crash.
   */
  interrupt(how?: 'fast' | 'immediate'): Promise<() => Promise<void>>;
  stop(): Promise<void>;
};

const temporary = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const attempts = 5;

/** A free port may be taken before Postgres binds it, and a killed server's children may outlive it a moment. */
const isPassing = (error: unknown, portIsOurs: boolean): boolean =>
  error instanceof PostgresEnded &&
  ((portIsOurs && /could not bind|Address already in use/.test(error.tail)) ||
    /pre-existing shared memory block/.test(error.tail));

const startPersistently = async (
  options: EmbeddedPostgresOptions,
  parts: { readonly postgres: string; readonly folder: string; readonly account: Account },
): Promise<{ port: number; server: Server }> => {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      const server = await startServer({
        ...parts,
        port,
        settings: { ...(options.dataDirectory === undefined ? temporary : {}), ...options.settings },
        ownProcessGroup: options.ownProcessGroup ?? false,
        log: options.log ?? (() => undefined),
      });
      return { port, server };
    } catch (error) {
      if (attempt === attempts || !isPassing(error, options.port === undefined)) throw error;
      await delay(attempt * 100);
    }
  }
};

const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'rolecall-postgres-'));
  await chmod(folder, 0o755); // made 0700, where Postgres' account could not enter
  return folder;
};

/** A real PostgreSQL for development and tests, on 127.0.0.1 only. Nothing is installed. */
export const startEmbeddedPostgres = async (
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> => {
  const base = options.dataDirectory === undefined ? await temporaryFolder() : undefined;
  const requested = options.dataDirectory ?? join(base ?? '', 'data');
  const removeTemporary = async (): Promise<void> => {
    if (base === undefined) return;
    const real = await realpath(requested).catch(() => requested);
    await Promise.all([dirname(real), base].map((path) => rm(path, { recursive: true, force: true })));
  };
  try {
    const account = await chooseAccount(await ownerOfData(requested));
    const { initdb, postgres } = await findBinaries(account);
    await stopLeftRunning(await makeFolder(requested));
    const flags = base === undefined ? [] : ['--no-sync'];
    const { folder, password } = await prepareData(requested, initdb, account, flags);
    const parts = { postgres, folder, account };
    const { port, server } = await startPersistently(options, parts);
    let current = server;
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      exited: server.exited,
      interrupt: async (how = 'fast') => {
        await current.stop(how === 'immediate' ? 'SIGQUIT' : 'SIGINT');
        return async () => {
          current = (await startPersistently({ ...options, port }, parts)).server;
        };
      },
      stop: async () => {
        await current.stop();
        await removeTemporary();
      },
    };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
};
