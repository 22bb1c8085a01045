import type { Command } from 'commander';

/** The words of a command line, as a shell reads them; what is quoted is one. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}

/** What is wrong with a command line by what the program knows; null when it would be understood. */
export function problemWith(program: Command, words: readonly string[]): string | null {
  let command = program;
  const rest = [...words];
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest.shift();
  }
  if (command.commands.length > 0) return `there is no command ${rest[0] ?? ''}`;
  const given: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('--')) {
      given.push(word);
      continue;
    }
    const option = command.options.find(({ long }) => long === word);
    if (option === undefined) return `${command.name()} has no option ${word}`;
    if (option.required && (rest.length === 0 || rest.shift()?.startsWith('--')))
      return `${word} wants a value`;
  }
  const wanted = command.registeredArguments;
  const fewest = wanted.filter(({ required }) => required).length;
  const most = wanted.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : wanted.length;
  return given.length < fewest || given.length > most ? `${command.name()} takes other arguments` : null;
}
