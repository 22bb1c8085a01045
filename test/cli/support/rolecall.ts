import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/cli/program.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The command line in the test's own process, in the repository's folder or another one, with nothing in its environment
 * but what is given. Of signals, and of what the process itself must do, `../../support/serve.ts` makes sure.
 */
export const rolecall = async (
  args: readonly string[],
  cwd = root,
  env: Readonly<Record<string, string>> = {},
  stdin = '',
): Promise<Outcome> => {
  const [stdout, stderr] = [captured(), captured()];
  const code = await runProgram(args, {
    env,
    cwd,
    stdin: async function* () {
      yield stdin;
    },
    stdout,
    stderr,
    untilStopped: () => new Promise(() => undefined),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
};

function captured() {
  let all = '';
  return {
    write(text: string, written?: () => void) {
      all += text;
      written?.();
    },
    text: () => all,
  };
}
