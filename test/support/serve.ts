import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClerkStandIn } from '../../src/testing/index.ts';
import { shell } from './shell.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export const READ_TOKEN = 'a-read-token-for-tests';

/** Everything that `serve` wants to know, for a stand-in that listens at `clerkUrl`. */
export function environment(
  clerk: ClerkStandIn,
  clerkUrl: string,
  databaseUrl?: string,
): Record<string, string> {
  return {
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_API_URL: clerkUrl,
    ROLECALL_READ_TOKEN: READ_TOKEN,
    ROLECALL_OPERATOR_TOKEN: 'an-operator-token-for-tests',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
}

export interface Command {
  readonly pid: number;
  readonly out: () => string;
  readonly err: () => string;
  /** The first line it prints, or its errors if it ends before. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** `rolecall …` as a process of its own, with nothing of ours in its environment but what is given. */
export function rolecall(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Command {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...shell, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [line, rest] = out.split('\n', 2);
      if (line !== undefined && rest !== undefined) resolve(line);
    });
    child.once('close', () => reject(new Error(`it ended before it said anything: ${err}`)));
  });
  firstLine.catch(() => undefined);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  return {
    pid: child.pid ?? Number.NaN,
    out: () => out,
    err: () => err,
    firstLine,
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

/** Started, and ready for requests. */
export async function serving(command: Command): Promise<string> {
  const { url } = JSON.parse(await command.firstLine) as { url: string };
  return url;
}

/** Asks again until it is so. What it waits for is bounded by the test's own time-out. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
