import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as v from 'valibot';

const Started = v.object({ url: v.string() });
const Measured = v.object({ heap: v.number(), rss: v.number(), open: v.number() });
export type Measured = v.InferOutput<typeof Measured>;

/** The server on Node that is attacked, in a process of its own: what it says, whether it lives, what it holds. */
export interface Target {
  readonly host: string;
  /** Null while it lives. */
  died(): string | null;
  measure(): Promise<Measured>;
  stop(): Promise<void>;
}

export async function startTarget(
  environment: Readonly<Record<string, string>>,
  heard: (line: string) => void,
): Promise<Target> {
  const child: ChildProcess = fork(new URL('server.ts', import.meta.url), {
    env: { PATH: process.env['PATH'], ...environment },
    execArgv: [...process.execArgv, '--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', heard);
  }
  let death: string | null = null;
  const exited = once(child, 'exit').then(([code, signal]) => {
    death = `it ended with ${String(code ?? signal)}`;
  });
  const answer = async (): Promise<unknown> => {
    const said: unknown[] = await Promise.race([
      once(child, 'message'),
      exited.then(() => Promise.reject(new Error(`the server: ${death}`))),
    ]);
    return said[0];
  };
  const { url } = v.parse(Started, await answer());
  return {
    host: new URL(url).host,
    died: () => death,
    async measure() {
      child.send('measure');
      return v.parse(Measured, await answer());
    },
    async stop() {
      if (death === null) child.kill('SIGTERM');
      await exited;
    },
  };
}
