import { type Endpoint, type EndpointAnswer, Unreachable } from '../pipeline/ports.ts';
import { clockAhead } from '../provider/clerk/inspect.ts';
import { signMessage } from '../provider/clerk/sign.ts';

/** Clerk waits 15 seconds for an answer; whoever looks need not. */
export const PATIENCE_MS = 10_000;

/** A deployment, asked over HTTP as Clerk and apps do. Redirects are shown, not followed: Clerk follows none. */
export function deployment(url: string, now: () => number): Endpoint {
  const base = url.replace(/\/+$/, '');
  const ask = async (path: string, init: RequestInit): Promise<EndpointAnswer> => {
    const asked = now();
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(`${base}${path}`, { ...init, redirect: 'manual', signal });
      const answered = now();
      return {
        status: answer.status,
        location: answer.headers.get('location'),
        html: answer.headers.get('content-type')?.startsWith('text/html') ?? false,
        json: jsonIn(await answer.text()),
        clockAheadMs: clockAhead(answer.headers.get('date'), asked, answered),
      };
    } catch (error) {
      throw new Unreachable(reasonOf(error));
    }
  };
  return {
    url: base,
    get: (path, token) =>
      ask(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    tell: (secret, message) =>
      ask('/webhooks/clerk', {
        method: 'POST',
        headers: signMessage(secret, message, now()),
        body: message.body,
      }),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `fetch` says only that it failed; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no connection';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === '' ? 'no connection' : `no connection (${code})`;
}
