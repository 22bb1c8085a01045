/** Where Rolecall is, and what proves that we may ask it. */
export interface Connection {
  /** @param path from the base path on, with a slash. */
  send(path: string, init?: RequestInit): Promise<Response>;
}

/** @param url without a slash at its end. */
export function connectionTo(
  url: string,
  token: string,
  send: (request: Request) => Response | Promise<Response>,
): Connection {
  return {
    async send(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${token}`);
      // Followed, a redirect could take the token elsewhere.
      return send(new Request(url + path, { ...init, headers, redirect: 'manual' }));
    },
  };
}
