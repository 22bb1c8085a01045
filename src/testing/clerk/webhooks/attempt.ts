import type { WebhookEndpoint } from '../options.ts';
import type { Answer } from './message.ts';
import type { SvixHeaders } from './sign.ts';

export interface Outgoing {
  readonly headers: SvixHeaders;
  readonly body: string;
}

const toRequest = (url: string, { headers, body }: Outgoing): Request =>
  new Request(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Svix-Webhooks/1.0 (stand-in)' },
    body,
    // Svix counts a redirect as a failure.
    redirect: 'manual',
  });

/** One POST; a `fetch` of the endpoint's own delivers in process. Rejects when there is no answer in time. */
export const post = async (
  endpoint: Pick<WebhookEndpoint, 'url' | 'fetch'>,
  outgoing: Outgoing,
  timeoutMs: number,
  closing: AbortSignal,
): Promise<Answer> => {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, closing]);
  const request = new Request(toRequest(endpoint.url, outgoing), { signal });
  const gaveUp = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(closing.aborted ? 'closed' : 'timed out')), {
      once: true,
    });
  });
  const answered = async (): Promise<Answer> => {
    const response = await (endpoint.fetch ?? fetch)(request);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return Promise.race([answered(), gaveUp]);
};
