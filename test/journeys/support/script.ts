import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { childrenOf, killAll, membersOf } from '../../testing/stack/processes.ts';
import { bareEnvironment } from '../../testing/stack/program.ts';

const stack = new URL('../../../src/testing/stack/', import.meta.url);

export type Script = {
  readonly pid: number;
  /** What it printed until now. */
  readonly output: () => string;
  /** Waits for a line of its output. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Every process of its own and of the group that its parts run in. */
  readonly processes: () => ReturnType<typeof membersOf>;
  readonly killAll: () => void;
};

/** What `npm run demo` and `npm start` run, from a bare shell and in a process group of its own, as in a terminal. */
export const startScript = (name: 'demo' | 'start', args: readonly string[] = []): Script => {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.ts`, stack)), ...args], {
    env: bareEnvironment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? Number.NaN;
  let output = '';
  const groups = new Set([pid]);
  const processes = () => {
    for (const one of childrenOf(pid)) groups.add(one);
    return [...groups].flatMap(membersOf);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
      processes(); // the parts have a group of their own, to be known before their parent ends
    });
  }
  return {
    pid,
    output: () => output,
    says: (pattern) =>
      expect
        .poll(() => pattern.exec(output), {
          timeout: 60_000,
          interval: 100,
          message: `it prints ${pattern}`,
        })
        .not.toBeNull()
        .then(() => pattern.exec(output) ?? expect.fail()),
    exited: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
    processes,
    killAll: () => killAll(processes()),
  };
};

export const expectNothingLeft = (script: Script): Promise<void> => expect.poll(script.processes).toEqual([]);
