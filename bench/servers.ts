import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Started {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server in a process of its own, which says where it listens. */
export async function startServer(script: string, env: NodeJS.ProcessEnv): Promise<Started> {
  const child = fork(new URL(script, import.meta.url), {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answered: unknown[] = await Promise.race([once(child, 'message'), endOf(child, script)]);
  return {
    url: String(answered[0]),
    pid: child.pid ?? Number.NaN,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function endOf(child: ChildProcess, script: string): Promise<never> {
  await once(child, 'exit');
  throw new Error(`${script} ended before it listened`);
}
