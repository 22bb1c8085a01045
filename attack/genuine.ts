import { svixHeaders } from '../src/testing/index.ts';
import type { RawAnswer } from '../test/http/support/raw.ts';
import { bearer, FORM_CONTENT, JSON_CONTENT, type Request, requestBytes, type World } from './attack.ts';
import { openWire } from './wire.ts';

type Asker = Pick<World, 'host' | 'canaries'>;

/** One request on a connection of its own, which is closed behind it: what is left open is somebody else's. */
export async function once(host: string, request: Request): Promise<RawAnswer> {
  const wire = openWire(host);
  try {
    const { answers, end } = await wire.exchange({
      bytes: requestBytes({ host }, request),
      bodiless: request.method === 'HEAD',
      isAll: ({ length }) => length > 0,
      patience: 30_000,
    });
    if (answers[0] === undefined) throw new Error(`${request.target} was not answered (${end})`);
    return answers[0];
  } finally {
    wire.close();
  }
}

/** What Clerk would send: signed, and with bytes that are sent as they are. */
export function deliver(
  { host, canaries }: Asker,
  id: string,
  body: string | Uint8Array,
): Promise<RawAnswer> {
  const signed = svixHeaders(canaries.signingSecret, id, Date.now(), body);
  const headers = [...Object.entries(signed), JSON_CONTENT];
  return once(host, { method: 'POST', target: '/webhooks/clerk', headers, body });
}

/** The same for a client that speaks of `fetch`. */
export async function send(host: string, request: globalThis.Request): Promise<Response> {
  const { status, headers, text } = await once(host, {
    method: request.method,
    target: new URL(request.url).pathname,
    headers: [...request.headers].filter(([name]) => name !== 'content-length'),
    body: new Uint8Array(await request.arrayBuffer()),
  });
  return new Response(text, { status, headers });
}

/** What an app would ask. */
export async function ask({ host }: Pick<World, 'host'>, path: string, token: string): Promise<string> {
  const { status, text } = await once(host, { method: 'GET', target: path, headers: [bearer(token)] });
  if (status !== 200) throw new Error(`${path} answered ${status} to whoever may ask`);
  return text;
}

/** Signs in at the console as its own page does, and gives the cookie. */
export async function signIn({ host }: Pick<World, 'host'>, token: string): Promise<string> {
  const { headers } = await once(host, {
    method: 'POST',
    target: '/console/sign-in',
    headers: [['origin', `http://${host}`], ['rolecall-console', '1'], FORM_CONTENT],
    body: new URLSearchParams({ token }).toString(),
  });
  const [cookie = ''] = headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
  if (!cookie.startsWith('__Host-rolecall=')) throw new Error('an operator could not sign in');
  return cookie;
}
