import { Hono } from 'hono';
import { ClerkRefusal } from '../errors.ts';
import { answer, refuse } from './answer.ts';
import type { CallRecorder } from './calls.ts';
import type { Gate } from './gate.ts';

interface Call {
  readonly param: (name: string) => string;
  readonly query: URLSearchParams;
  readonly body: () => Promise<unknown>;
}

export type Route = (call: Call) => unknown;
export type Routes = Readonly<Record<string, Route>>;

const parsed = async (request: Request): Promise<unknown> => {
  const text = await request.text();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ClerkRefusal(400, 'request_body_invalid', 'Request body invalid');
  }
};

/** `{'GET /v1/instance': …}` behind the gate, counted, with refusals answered as Clerk does. */
export const createApi = (routes: Routes, gate: Gate, calls: CallRecorder, now: () => number): Hono => {
  const app = new Hono();
  for (const [route, handle] of Object.entries(routes)) {
    const [method = '', pattern = ''] = route.split(' ');
    app.on(method, pattern, async (c) => {
      const url = new URL(c.req.url);
      const at = now();
      const respond = async (): Promise<Response> => {
        const stopped = await gate.check(route, c.req.raw);
        if (stopped !== undefined) return stopped;
        try {
          const call = {
            param: (name: string) => c.req.param(name) ?? '',
            query: url.searchParams,
            body: () => parsed(c.req.raw),
          };
          return answer(await handle(call), now());
        } catch (error) {
          if (error instanceof ClerkRefusal) return refuse(error, now());
          throw error;
        }
      };
      const response = await respond();
      calls.record({ at, route, path: url.pathname + url.search, status: response.status });
      return response;
    });
  }
  app.notFound((c) =>
    refuse(new ClerkRefusal(404, 'resource_not_found', 'not found', `No route ${c.req.path}`), now()),
  );
  return app;
};
