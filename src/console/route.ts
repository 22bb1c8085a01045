import type { Context } from 'hono';
import type { Route } from '../http/app.ts';
import { type FailureCode, failure } from '../http/failure.ts';
import { readBody } from '../http/read-body.ts';
import type { Services } from '../http/services.ts';
import { StoreUnavailable } from '../pipeline/ports.ts';
import { protect } from './answer.ts';
import { layout, type Section, signInPage, unavailablePage } from './layout.ts';
import { readSession } from './session.ts';
import { type Page, rootOf, type Visit } from './visit.ts';

/** A page of the console. Whoever is not signed in is asked to in its place. */
export function page(path: string, section: Section, show: (visit: Visit) => Promise<Page>): Route {
  const root = rootOf(path);
  return {
    method: 'GET',
    path,
    async handler(c, services) {
      protect(c);
      try {
        const operator = await readSession(c, services);
        if (operator === null) return await c.html(signInPage(root), isWayIn(c, path) ? 200 : 401);
        const shown = await show({ c, services, operator, root, now: services.clock.now() });
        return await c.html(layout(root, section, operator, shown), shown.status ?? 200);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        services.log.error('store_unavailable', { path });
        return c.html(unavailablePage(root), 503);
      }
    },
  };
}

/** The front page is no refusal to whoever comes; the script of one that is open has to learn that it is signed out. */
function isWayIn(c: Context, path: string): boolean {
  return /^\/console\/?$/.test(path) && c.req.header('rolecall-console') === undefined;
}

/** What came of it: the page to go to, from `/console`, or null for the same one; and what to say there. */
export interface Done {
  readonly go: string | null;
  readonly said: string;
}

/** Why it was not done, in the words of the failure unless there are better ones. */
export interface NotDone {
  readonly failure: FailureCode;
  readonly words?: string;
}

/** Something that changes something: from the console's own pages only, by an operator who may. */
export function write(
  path: string,
  act: (visit: Visit, form: URLSearchParams) => Promise<Done | NotDone>,
): Route {
  return {
    method: 'POST',
    path,
    async handler(c, services) {
      const form = await ownForm(c);
      if (form instanceof Response) return form;
      const operator = await readSession(c, services);
      if (operator === null) return failure(c, 'signed_out');
      if (!operator.mayWrite) return failure(c, 'read_only');
      const root = rootOf(path);
      return answer(c, root, await act({ c, services, operator, root, now: services.clock.now() }, form));
    },
  };
}

/** The same for who is not signed in, or does not want to be any more. */
export function open(
  path: string,
  act: (c: Context, services: Services, form: URLSearchParams) => Promise<Done | Response>,
): Route {
  return {
    method: 'POST',
    path,
    async handler(c, services) {
      const form = await ownForm(c);
      if (form instanceof Response) return form;
      const done = await act(c, services, form);
      return done instanceof Response ? done : answer(c, rootOf(path), done);
    },
  };
}

function answer(c: Context, root: string, done: Done | NotDone): Response {
  if ('failure' in done) return failure(c, done.failure, {}, done.words);
  return c.json({ go: done.go === null ? null : `${root}${done.go}`, said: done.said });
}

const LONGEST_FORM = { bytes: 256 * 1024, ms: 10_000 };

/**
 * The form, if it comes from a page of ours. Another site's page cannot send the header without asking first, which is
 * refused, and cannot choose its origin; an old browser that leaves out the origin is refused as well.
 */
async function ownForm(c: Context): Promise<URLSearchParams | Response> {
  protect(c);
  if (!isOwnOrigin(c) || c.req.header('rolecall-console') !== '1') return failure(c, 'not_from_here');
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    return failure(c, 'invalid_request', {}, 'The form must be sent as application/x-www-form-urlencoded.');
  }
  const bytes = await readBody(c.req.raw, LONGEST_FORM);
  return typeof bytes === 'string' ? failure(c, bytes) : new URLSearchParams(new TextDecoder().decode(bytes));
}

/** Behind a proxy that ends TLS the browser's origin is https though this request is http; the host is the same. */
function isOwnOrigin(c: Context): boolean {
  const { origin, host } = new URL(c.req.url);
  const claimed = c.req.header('origin');
  return claimed === origin || claimed === `https://${host}`;
}
