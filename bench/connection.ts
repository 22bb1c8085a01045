import { once } from 'node:events';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A kept-alive connection that is asked one thing at a time. */
export interface Connection {
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

/** A whole request as bytes, made before its time is measured. */
export function requestBytes(url: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const { pathname, search, host } = new URL(url);
  const lines = [
    `POST ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Whoever makes the load shares the cores with those who are measured: `node:http` costs it several times as much for
 * each request. Understands answers with a length and chunked ones, no more.
 */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  let received = '';
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const answer = readAnswer(received);
    if (answer === null || waiting === null) return;
    const { resolve } = waiting;
    received = '';
    waiting = null;
    resolve(answer);
  });
  const failed = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.on('error', failed);
  socket.on('close', () => failed(new Error('the connection was closed')));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** Null before all of it has come. */
function readAnswer(received: string): Answer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = received.slice(0, end);
  const text = received.slice(end + 4);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const whole = length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= Number(length);
  return whole ? { status: Number(head.slice(9, 12)), text } : null;
}
