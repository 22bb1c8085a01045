import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Writes to a socket as told, for what `fetch` would refuse to send or put right; null when no answer came. */
export async function raw(
  url: string,
  write: (socket: Socket) => void | Promise<void>,
  waitMs = 5_000,
): Promise<RawAnswer | null> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, waitMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        if (readAnswer(Buffer.concat(chunks)) !== null) done();
      });
      socket.on('close', done);
      // Whoever writes on after the answer finds the door shut.
      socket.on('error', done);
      socket.on('connect', () => void Promise.resolve(write(socket)).catch(reject));
    });
  } finally {
    socket.destroy();
  }
  return readAnswer(Buffer.concat(chunks))?.answer ?? null;
}

/** A request's head; a header may be there twice. */
export function head(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** The first answer in what has come, and where it ends; null until the whole of it is there. */
export function readAnswer(
  bytes: Buffer,
  bodiless = false,
): { readonly answer: RawAnswer; readonly end: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(first.split(' ')[1]);
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const body = readBody(bytes.subarray(end + 4), headers, bodiless || status < 200 || status === 204);
  return body && { answer: { status, headers, text: body.text }, end: end + 4 + body.length };
}

function readBody(
  bytes: Buffer,
  headers: Headers,
  bodiless: boolean,
): { readonly text: string; readonly length: number } | null {
  if (bodiless) return { text: '', length: 0 };
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(bytes);
  const length = Number(headers.get('content-length') ?? 0);
  return bytes.length < length ? null : { text: bytes.toString('utf8', 0, length), length };
}

function readChunks(bytes: Buffer): { readonly text: string; readonly length: number } | null {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const end = line + 2 + size + 2;
    if (bytes.length < end) return null;
    if (size === 0) return { text: Buffer.concat(chunks).toString('utf8'), length: end };
    chunks.push(bytes.subarray(line + 2, end - 2));
    at = end;
  }
}
