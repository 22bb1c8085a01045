import { appendFileSync, chmodSync, closeSync, openSync, readFileSync } from 'node:fs';

/** The stand-in's memory over restarts: one JSON value a line. */
export type Journal = { readonly entries: readonly unknown[]; readonly append: (entry: unknown) => void };

const parse = (line: string): unknown[] => {
  try {
    return [JSON.parse(line)];
  } catch {
    return []; // the last line of a process that was killed while it wrote
  }
};

/** Written synchronously: what the stand-in has told anyone must still be so after a SIGKILL. */
export const openJournal = (file: string): Journal => {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const text = readFileSync(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  return {
    entries: text.split('\n').flatMap((line) => (line === '' ? [] : parse(line))),
    append: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
  };
};
