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
        if (parse(Buffer.concat(chunks)) !== null) done();
      });
      socket.on('close', done);
      // Whoever writes on after the answer finds the door shut.
      socket.on('error', done);
      socket.on('connect', () => void Promise.resolve(write(socket)).catch(reject));
    });
  } finally {
    socket.destroy();
  }
  return parse(Buffer.concat(chunks));
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

/** Null until the whole answer is there. */
function parse(bytes: Buffer): RawAnswer | null {
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
  const body = bytes.subarray(end + 4);
  const length = Number(headers.get('content-length') ?? 0);
  if (headers.get('transfer-encoding') === 'chunked') {
    const text = body.toString('utf8');
    return text.endsWith('0\r\n\r\n') ? { status, headers, text: text.split('\r\n')[1] ?? '' } : null;
  }
  return body.length < length ? null : { status, headers, text: body.toString('utf8') };
}
