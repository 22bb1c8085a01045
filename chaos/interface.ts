/** Rolecall's interface for apps, from whichever process is next: whoever is asked knows the same. */
export class Interface {
  readonly #urls: readonly string[];
  readonly #token: string;
  #next = 0;

  constructor(urls: readonly string[], token: string) {
    this.#urls = urls;
    this.#token = token;
  }

  readonly ask = (path: string, signal: AbortSignal): Promise<Response> => this.#fetch(path, { signal });

  readonly get = async (path: string): Promise<unknown> => json(await this.#fetch(path, {}));

  readonly post = async (path: string, body: object): Promise<unknown> =>
    json(
      await this.#fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );

  #fetch(path: string, init: RequestInit): Promise<Response> {
    this.#next += 1;
    const url = this.#urls[this.#next % this.#urls.length] ?? '';
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    return fetch(url + path, { signal: AbortSignal.timeout(30_000), ...init, headers });
  }
}

async function json(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status} ${text}`);
  return JSON.parse(text);
}
