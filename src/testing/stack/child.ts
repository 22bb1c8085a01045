import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Resolves with the exit code. The signal aborts when it is time to stop. */
export type Program = (stopping: AbortSignal) => Promise<number>;

const patience = 15_000;

/**
 * Ends the whole group when this process ends without a chance to do so itself: workerd outlives a SIGKILL of
 * its parent and keeps the port. Its standard input closes in every case.
 */
const watchOver = (): ChildProcess =>
  spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -INT 0'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });

const release = async (watch: ChildProcess): Promise<void> => {
  const ended = once(watch, 'exit');
  if (watch.kill('SIGKILL')) await ended;
};

const whenToldToStop = (tell: () => void): void => {
  process.on('message', (message) => {
    if (message === 'stop') tell();
  });
  process.once('disconnect', tell);
  if (!process.connected) tell();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, tell);
};

export const runInChild = async (program: Program): Promise<void> => {
  const stopping = new AbortController();
  whenToldToStop(() => {
    stopping.abort();
    setTimeout(() => process.exit(1), patience).unref();
  });
  // A parent that was killed reads no more; that must not keep us from stopping.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const watch = process.platform === 'win32' ? undefined : watchOver();
  let code = 1;
  try {
    code = await program(stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted && error === stopping.signal.reason) code = 130;
    else console.error(error);
  }
  if (watch !== undefined) await release(watch);
  process.exit(code);
};
