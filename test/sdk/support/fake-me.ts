/** What `/v1/me` says to the page of one user, and when it ends. No network. */
export interface FakeMe {
  readonly fetch: typeof fetch;
  readonly requests: { readonly path: string; readonly token: string | null }[];
  /** Tokens that are taken; their order is the order in which `getToken` gives them out. */
  taken: Set<string>;
  /** What is answered to those; null for a token of another organization. */
  access: { role: string | null; permissions: object[]; roles?: object[] } | null;
  /** Instead of all that, until it is null again. */
  answer: (() => Response | Promise<Response>) | null;
  tell(change: object): void;
  end(): void;
  readonly open: number;
}

export const URL_OF_ME = 'https://rolecall.test/base';

export function fakeMe(): FakeMe {
  let revision = 1;
  const encoder = new TextEncoder();
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const me: FakeMe = {
    requests: [],
    taken: new Set(['token_1']),
    access: { role: 'org:admin', permissions: [{ permission: 'invoices:read' }] },
    answer: null,
    get open() {
      return streams.size;
    },
    tell(change) {
      revision += 1;
      const data = JSON.stringify({ revision, ...change });
      for (const stream of streams) {
        stream.enqueue(encoder.encode(`id: ${revision}\nevent: change\ndata: ${data}\n\n`));
      }
    },
    end() {
      for (const stream of streams) stream.close();
      streams.clear();
    },
    async fetch(input, init) {
      const request = new Request(input, init);
      const path = request.url.replace(`${URL_OF_ME}/v1/me/`, '');
      const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null;
      me.requests.push({ path, token });
      if (me.answer !== null) return me.answer();
      if (token === null || !me.taken.has(token)) {
        return Response.json({ error: { code: 'token_cut_off', message: '' } }, { status: 401 });
      }
      if (path.startsWith('organizations/')) {
        if (me.access === null || path !== 'organizations/org_acme')
          return new Response(null, { status: 403 });
        const { role, permissions, roles = role === null ? [] : [{ role, scope: {} }] } = me.access;
        return Response.json({
          organization: 'org_acme',
          user: 'user_ada',
          member: role !== null,
          role,
          roles,
          permissions,
          cutoff: null,
          revision,
        });
      }
      return new Response(streamOf(streams, request.signal), {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  };
  return me;
}

function streamOf(
  streams: Set<ReadableStreamDefaultController<Uint8Array>>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const gone = () => void (controller !== null && streams.delete(controller));
  signal.addEventListener('abort', gone);
  return new ReadableStream({
    start(started) {
      controller = started;
      streams.add(started);
    },
    cancel: gone,
  });
}
