import { context, Ended } from './context.ts';

interface Format {
  readonly json?: true;
}

/** The result of a command: an object for programs, a sentence for people. */
export function print(format: Format, result: object, sentence: string): void {
  context().stdout.write(`${format.json === true ? JSON.stringify(result) : harmless(sentence)}\n`);
}

/** Text as it is found, and no faster than it is read: there may be more than fits into memory. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    context().stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** What others sent may hold commands to a terminal: they are shown as nothing but a mark. */
function harmless(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '\ufffd');
}

/** Ends the command as failed, naming every problem. */
export function fail(format: Format, problems: readonly string[]): never {
  return endSaying(format, problems, 1);
}

/** Ends the command as one that was not understood. */
export function misused(format: Format, problem: string): never {
  return endSaying(format, [problem], 2);
}

/** Ends the command as failed, when what it printed says already what is wrong. */
export function endAsFailed(): never {
  throw new Ended(1);
}

function endSaying(format: Format, problems: readonly string[], code: 1 | 2): never {
  const text =
    format.json === true
      ? JSON.stringify({ problems })
      : problems.map((one) => `rolecall: ${one}`).join('\n');
  context().stderr.write(`${text}\n`);
  throw new Ended(code);
}
