import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

type Running = { readonly parent: number; readonly command: string };

const inspectByProc = async (pid: number): Promise<Running | undefined> => {
  const [stat, command] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ]);
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie still answers to signal 0, and where process 1 does not reap it stays for ever.
  if (state === 'Z' || state === 'X') return undefined;
  return { parent: Number(parent), command: command.replaceAll('\0', ' ') };
};

const inspectByPs = async (pid: number): Promise<Running | undefined> => {
  const { stdout } = await run('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)]);
  const found = /^\s*(\S+)\s+(\d+)\s+(.*)$/m.exec(stdout);
  if (found === null || found[1]?.startsWith('Z')) return undefined;
  return { parent: Number(found[2]), command: found[3] ?? '' };
};

const inspect = (pid: number): Promise<Running | undefined> =>
  (process.platform === 'linux' ? inspectByProc(pid) : inspectByPs(pid)).catch(() => undefined);

/** Stands in the server's command line, so that a later start can tell whether its Node still lives. */
export const ownerMark = (): string => `cluster_name=rolecall_${process.pid}`;
const ownerOf = (command: string): number => Number(/cluster_name=rolecall_(\d+)/.exec(command)?.[1]);

const gone = async (pid: number, milliseconds: number): Promise<boolean> => {
  const deadline = performance.now() + milliseconds;
  while ((await inspect(pid)) !== undefined) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
};

/** A SIGKILL of Node leaves its Postgres running, which would make every later start on that data fail. */
export const stopLeftRunning = async (data: string): Promise<void> => {
  const file = join(data, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (!(pid > 1)) return;
  const running = await inspect(pid);
  if (running?.command.includes(`-D ${data} `) !== true) {
    // Numbers come round, in containers soon; and an orphan that nobody reaped keeps its own. Postgres would
    // refuse to start in both cases. That no process of the old server lives it learns from shared memory.
    await rm(file, { force: true });
    return;
  }
  // An orphan has been given another parent, so an equal number cannot be a later process.
  if (running.parent === ownerOf(running.command)) {
    throw new Error(`The data in ${data} is in use: process ${running.parent} runs a Postgres on it.`);
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in the meantime, or belongs to someone else; `gone` tells.
    }
    if (await gone(pid, 10_000)) return;
  }
  throw new Error(`A Postgres left running on ${data} (process ${pid}) could not be stopped.`);
};
