import { unreadable } from './problem.ts';

/** Whoever sends a longer line sends no member and no change, and would fill the memory. */
const LONGEST_LINE = 2 ** 20;

export interface LineReader {
  /** The lines that are complete with this chunk, without their ends. */
  push(chunk: Uint8Array): readonly string[];
  /** What came after the last line's end; to be called once, when nothing follows. */
  end(): string;
}

/** Cuts bytes into lines, wherever the network has cut them: inside a character, or between CR and LF. */
export function lineReader(): LineReader {
  // Fatal: a replaced character could make one id of another.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw unreadable('bytes that are no UTF-8');
    }
  };
  return {
    push(chunk) {
      const text = rest + decode(chunk);
      // A CR at the end may be half of a CRLF.
      const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + text.slice(whole.length);
      if (rest.length > LONGEST_LINE) throw unreadable('a line without an end');
      return lines;
    },
    end() {
      const last = rest + decode();
      return last.endsWith('\r') ? last.slice(0, -1) : last;
    },
  };
}
