interface Format {
  readonly json?: true;
}

/** The result of a command: an object for programs, a sentence for people. */
export function print(format: Format, result: object, sentence: string): void {
  process.stdout.write(`${format.json === true ? JSON.stringify(result) : sentence}\n`);
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
