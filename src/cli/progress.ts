import { context } from './context.ts';

export interface Progress {
  show(what: string, done: number, total: number | null): void;
  end(): void;
}

const WIDTH = 30;

/** How far long work has come, on standard error: a bar on a terminal, elsewhere a line for each part of the work. */
export function progressOf(): Progress {
  const { stderr } = context();
  let last = '';
  if (stderr.isTTY !== true) {
    return {
      show(what, done, total) {
        if (what !== last) stderr.write(`${what}: ${done} of ${total ?? 'many'}\n`);
        last = what;
      },
      end: () => undefined,
    };
  }
  return {
    show(what, done, total) {
      const share = total === null || total === 0 ? 0 : Math.min(1, done / total);
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      const line = `${bar} ${what}, ${done} of ${total ?? 'many'}`;
      stderr.write(`\r${line.padEnd(last.length)}`);
      last = line;
    },
    end: () => void stderr.write('\n'),
  };
}
