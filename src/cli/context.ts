import { AsyncLocalStorage } from 'node:async_hooks';

/** What a command touches outside of itself, the database apart: the process of its own, or what a test gives it. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  stdin(): AsyncIterable<string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends when somebody wants the command to stop, as by Ctrl-C. */
  untilStopped(): Promise<void>;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, written?: (error?: Error | null) => void): unknown;
}

/** Ends the command with this exit code; everything it had to say is written. */
export class Ended extends Error {
  readonly code: 0 | 1 | 2;

  constructor(code: 0 | 1 | 2) {
    super(`the command ended with ${code}`);
    this.code = code;
  }
}

// Commands that run beside each other in one process, as in tests, each keep their own.
const contexts = new AsyncLocalStorage<CommandContext>();

export function inContext<Result>(context: CommandContext, act: () => Promise<Result>): Promise<Result> {
  return contexts.run(context, act);
}

/** The context of the command that is running. */
export function context(): CommandContext {
  const current = contexts.getStore();
  if (current === undefined) throw new Error('no command is running');
  return current;
}
