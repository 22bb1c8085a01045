import { connect, type Socket } from 'node:net';
import { type RawAnswer, readAnswer } from '../test/http/support/raw.ts';

/** What came back for one attack. */
export interface Exchange {
  readonly answers: readonly RawAnswer[];
  /** As it came, for what is searched in it. */
  readonly raw: string;
  readonly end: 'answered' | 'closed' | 'silent';
}

export interface Sending {
  readonly bytes: Uint8Array;
  /** Whether what has come is all that there will be. */
  readonly isAll: (answers: readonly RawAnswer[]) => boolean;
  /** An answer to HEAD says how long a body would be, and has none. */
  readonly bodiless: boolean;
  /** Milliseconds until a silent server is given up. */
  readonly patience: number;
}

/** A connection on which exactly these bytes are written: no library tidies them up. */
export interface Wire {
  exchange(sending: Sending): Promise<Exchange>;
  /** Whether it can carry another request. */
  isOpen(): boolean;
  close(): void;
}

export function openWire(host: string): Wire {
  const { hostname, port } = new URL(`http://${host}`);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let open = true;
  let came: () => void = () => undefined;
  let chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    came();
  });
  // Whoever writes on after the answer finds the door shut.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    open = false;
    came();
  });
  return {
    isOpen: () => open,
    // Reset, not closed in order: a hundred thousand connections would wait out their last minute.
    close: () => void socket.resetAndDestroy(),
    exchange: ({ bytes, isAll, bodiless, patience }) =>
      new Promise((resolve) => {
        chunks = [];
        const done = (end: Exchange['end'], all: readonly RawAnswer[]) => {
          clearTimeout(timer);
          came = () => undefined;
          if (end === 'silent') socket.resetAndDestroy();
          if (end !== 'answered') open = false;
          resolve({ answers: all, raw: Buffer.concat(chunks).toString('latin1'), end });
        };
        const timer = setTimeout(() => done('silent', readAnswers(chunks, bodiless)), patience);
        came = () => {
          const all = readAnswers(chunks, bodiless);
          if (isAll(all)) done('answered', all);
          else if (!open) done('closed', all);
        };
        if (open) socket.write(bytes);
        else done('closed', []);
      }),
  };
}

function readAnswers(chunks: readonly Buffer[], bodiless: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = Buffer.concat(chunks);
  for (let read = readAnswer(rest, bodiless); read !== null; read = readAnswer(rest, bodiless)) {
    // What only says to go on is no answer yet.
    if (read.answer.status >= 200) answers.push(read.answer);
    rest = rest.subarray(read.end);
  }
  return answers;
}
