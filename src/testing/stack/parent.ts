import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const patience = 20_000;

export const superviseChild = (entry: string, mark: string): Promise<number> => {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(entry), ...process.argv.slice(2)],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        [mark]: '1',
        COLUMNS: String(process.stdout.columns ?? process.env['COLUMNS'] ?? ''),
      },
    },
  );
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  };
  let askedAt: number | undefined;
  const ask = () => {
    const now = performance.now();
    // npm passes a Ctrl-C on that the terminal sent already: only a later one means "at once".
    if (askedAt !== undefined && now - askedAt > 1_000) return killGroup();
    if (askedAt !== undefined) return;
    askedAt = now;
    if (child.connected) child.send('stop', () => undefined);
    setTimeout(killGroup, patience).unref();
  };
  for (const signal of signals) process.on(signal, ask);
  // Whoever read our output is gone (`npm run demo | head`).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ask);
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code) => {
      killGroup();
      for (const signal of signals) process.off(signal, ask);
      resolve(code ?? 1);
    });
  });
};
