import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Account } from './account.ts';
import { postgresEnvironment } from './data.ts';
import { ownerMark } from './left-running.ts';

export type ServerOptions = {
  readonly postgres: string;
  readonly folder: string;
  readonly account: Account;
  readonly port: number;
  readonly ownProcessGroup: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
};

export type Server = {
  readonly exited: Promise<string>;
  /** SIGINT disconnects everybody and finishes; SIGQUIT just ends. */
  stop(signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>;
};

/** Postgres' last words: alone it would only say that it ended. */
export class PostgresEnded extends Error {
  override readonly name = 'PostgresEnded';
  readonly tail: string;
  constructor(tail: string) {
    super(`Postgres did not start. It said:\n${tail}`);
    this.tail = tail;
  }
}

const stopper =
  (child: ChildProcess, exited: Promise<unknown>): Server['stop'] =>
  async (signal = 'SIGINT') => {
    const hurry = setTimeout(() => child.kill('SIGQUIT'), 10_000);
    child.kill(signal);
    await exited;
    clearTimeout(hurry);
  };

export const startServer = async (options: ServerOptions): Promise<Server> => {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    lc_messages: 'C',
    max_connections: '200',
    ...options.settings,
  };
  const child = spawn(
    options.postgres,
    [
      ['-D', options.folder, '-p', String(options.port), '-c', ownerMark()],
      Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ].flat(),
    {
      ...options.account,
      cwd: '/',
      env: postgresEnvironment(),
      detached: options.ownProcessGroup,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const tail: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(tail.join('\n')));
  });
  const stopWithNode = () => child.kill('SIGINT');
  process.once('exit', stopWithNode);
  void exited.then(() => process.off('exit', stopWithNode));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 40) tail.shift();
      options.log(line);
      if (line.includes('database system is ready to accept connections')) resolve();
    });
    void exited.then((words) => reject(new PostgresEnded(words)));
  });
  return { exited, stop: stopper(child, exited) };
};
