import { Ended } from './context.ts';
import { reasonOf } from './database.ts';
import { fail, writeOut } from './output.ts';

interface Format {
  readonly json?: true;
}

/** The forms in which lists are written. */
export const FORMATS = ['jsonl', 'csv'] as const;

export type LineFormat = (typeof FORMATS)[number];

/** Characters that are written at once. */
const AT_ONCE = 65_536;

/**
 * Writes lines as they come, and no faster than they are taken: there may be more than fit into memory. Whatever breaks it
 * off ends the command as failed, so that half of a list is never taken for the whole.
 */
export async function stream(format: Format, lines: AsyncIterable<string>): Promise<void> {
  let written = 0;
  let waiting: string[] = [];
  let length = 0;
  const flush = async () => {
    await writeOut(waiting.join(''));
    written += waiting.length;
    waiting = [];
    length = 0;
  };
  try {
    for await (const line of lines) {
      waiting.push(line);
      length += line.length;
      if (length >= AT_ONCE) await flush();
    }
    await flush();
  } catch (error) {
    if (error instanceof Ended) throw error;
    fail(format, [`it broke off after ${written} lines: ${reasonOf(error)}`]);
  }
}
