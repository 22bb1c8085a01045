import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { shell } from '../../support/shell.ts';

/** A shell in which nothing is set up: no locale, and a home that cannot be written. */
export const bareEnvironment = { ...shell, HOME: '/proc/no-home' };

export type RunningProgram = {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The next line it prints, parsed. */
  readonly next: <Schema extends v.GenericSchema>(schema: Schema) => Promise<v.InferOutput<Schema>>;
  readonly errors: () => string;
  readonly exited: Promise<readonly unknown[]>;
};

export const startProgram = (
  file: string,
  args: readonly string[],
  options: SpawnOptions = {},
): RunningProgram => {
  const child = spawn(process.execPath, [file, ...args], {
    env: bareEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const exited = once(child, 'exit');
  const lines =
    child.stdout === null ? undefined : createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    pid: child.pid ?? Number.NaN,
    next: async (schema) => {
      const line = await lines?.next();
      if (line === undefined || line.done === true) throw new Error(`It ended without a word. ${errors}`);
      return v.parse(schema, JSON.parse(line.value));
    },
    errors: () => errors,
    exited,
  };
};
