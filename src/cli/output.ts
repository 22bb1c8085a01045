interface Format {
  readonly json?: true;
}

/** The result of a command: an object for programs, a sentence for people. */
export function print(format: Format, result: object, sentence: string): void {
  process.stdout.write(`${format.json === true ? JSON.stringify(result) : harmless(sentence)}\n`);
}

/** What others sent may hold commands to a terminal: they are shown as nothing but a mark. */
function harmless(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '\ufffd');
}

/** Ends the command as failed, naming every problem. */
export function fail(format: Format, problems: readonly string[]): never {
  const text =
    format.json === true
      ? JSON.stringify({ problems })
      : problems.map((one) => `rolecall: ${one}`).join('\n');
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Ends the command as one that was not understood. */
export function misused(format: Format, problem: string): never {
  const text = format.json === true ? JSON.stringify({ problems: [problem] }) : `rolecall: ${problem}`;
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
