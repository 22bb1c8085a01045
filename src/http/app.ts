import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { StoreUnavailable } from '../pipeline/ports.ts';
import { evaluateMany, evaluateOne } from './authzen/evaluation-routes.ts';
import { describeDecisionPoint, WELL_KNOWN } from './authzen/metadata-route.ts';
import { searchActions, searchResources, searchSubjects } from './authzen/search/search-routes.ts';
import { failure, NOT_KEPT, RETRY_AFTER } from './failure.ts';
import { readChanges } from './feed/changes-route.ts';
import { readSnapshot } from './feed/snapshot-route.ts';
import { readyz } from './health-routes.ts';
import { readAssignableRoles } from './listing/assignable-roles-route.ts';
import { listFindings } from './listing/findings-route.ts';
import { listInvitations } from './listing/invitations-route.ts';
import { listMembers } from './listing/members-route.ts';
import { readRoles } from './listing/roles-route.ts';
import { readSeats } from './listing/seats-route.ts';
import { preflight } from './me/cors.ts';
import { readMyChanges } from './me/my-changes-route.ts';
import { readMyOrganization } from './me/my-organization-route.ts';
import { readMember } from './member-route.ts';
import { describeInterface } from './openapi/openapi-route.ts';
import { OPERATOR_ROUTES } from './operator/routes.ts';
import { echoRequestId } from './request-id.ts';
import { refusedWhileRestoring } from './restoring.ts';
import type { Configured, Services } from './services.ts';
import { receiveWebhook } from './webhook-route.ts';

type Handler = (c: Context, services: Services) => Response | Promise<Response>;

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handler: Handler;
}

export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/webhooks/clerk', handler: receiveWebhook },
  { method: 'GET', path: '/v1/organizations/:organization/members/:user', handler: readMember },
  { method: 'GET', path: '/v1/organizations/:organization/members', handler: listMembers },
  { method: 'GET', path: '/v1/organizations/:organization/invitations', handler: listInvitations },
  { method: 'GET', path: '/v1/organizations/:organization/seats', handler: readSeats },
  { method: 'GET', path: '/v1/organizations/:organization/assignable-roles', handler: readAssignableRoles },
  { method: 'GET', path: '/v1/organizations/:organization/findings', handler: listFindings },
  { method: 'GET', path: '/v1/roles', handler: readRoles },
  { method: 'GET', path: '/v1/snapshot', handler: readSnapshot },
  { method: 'GET', path: '/v1/changes', handler: readChanges },
  { method: 'GET', path: '/v1/me/organizations/:organization', handler: readMyOrganization },
  { method: 'GET', path: '/v1/me/changes', handler: readMyChanges },
  { method: 'POST', path: '/access/v1/evaluation', handler: evaluateOne },
  { method: 'POST', path: '/access/v1/evaluations', handler: evaluateMany },
  { method: 'POST', path: '/organizations/:organization/access/v1/evaluation', handler: evaluateOne },
  { method: 'POST', path: '/organizations/:organization/access/v1/evaluations', handler: evaluateMany },
  { method: 'POST', path: '/access/v1/search/subject', handler: searchSubjects },
  { method: 'POST', path: '/access/v1/search/resource', handler: searchResources },
  { method: 'POST', path: '/access/v1/search/action', handler: searchActions },
  { method: 'POST', path: '/organizations/:organization/access/v1/search/subject', handler: searchSubjects },
  {
    method: 'POST',
    path: '/organizations/:organization/access/v1/search/resource',
    handler: searchResources,
  },
  { method: 'POST', path: '/organizations/:organization/access/v1/search/action', handler: searchActions },
  { method: 'GET', path: WELL_KNOWN, handler: describeDecisionPoint },
  { method: 'GET', path: `${WELL_KNOWN}/organizations/:organization`, handler: describeDecisionPoint },
  ...OPERATOR_ROUTES,
  { method: 'GET', path: '/openapi.json', handler: describeInterface },
  { method: 'GET', path: '/readyz', handler: readyz },
];

/**
 * The whole interface as one Hono app, to be served alone or mounted in another app.
 * @param configure gives the services of a request; it is asked for every one, as Workers share nothing between them.
 * @param pages further routes, those of the console: it knows this interface, and not the other way about.
 */
export function createApp(configure: (c: Context) => Configured, pages: readonly Route[] = []): Hono {
  const routes = [...ROUTES, ...pages];
  const app = new Hono();
  app.use(withEveryAnswer);
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.all('/healthz', (c) => failure(c, 'method_not_allowed', { allow: 'GET, HEAD' }));
  const answer = (path: string, handler: Handler) => async (c: Context) => {
    const configured = configure(c);
    if ('problems' in configured) return failure(c, 'misconfigured', RETRY_AFTER);
    return guarded(c, configured.services, path, handler);
  };
  for (const { method, path, handler } of routes) app.on(method, path, answer(path, handler));
  // What browsers ask before they show a session token.
  app.options('/v1/me/*', answer('/v1/me/*', preflight));
  // Only after every route: the refusal of one method would answer for the other methods of its path.
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    const allow = methods.map((method) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
    app.all(path, (c) => failure(c, 'method_not_allowed', { allow }));
  }
  app.notFound((c) => failure(c, 'not_found'));
  // Mounted in another app, `notFound` is that app's own: what lies below our base path is ours to answer.
  app.all('*', (c) => failure(c, 'not_found'));
  // Hono's own answer to an error outside of the routes would be a bare 500.
  app.onError((_, c) => failure(c, 'unavailable', RETRY_AFTER));
  return app;
}

// Before there is an answer: to change the headers of one that is made already, it is made anew, body and all.
const withEveryAnswer: MiddlewareHandler = async (c, next) => {
  for (const [name, value] of Object.entries(NOT_KEPT)) c.header(name, value);
  echoRequestId(c);
  await next();
};

/** The app below a base path, and nothing beside it but where the standard looks for the metadata of such a path. */
export function mountApp(basePath: string, app: Hono): Hono {
  const mounted = new Hono();
  for (const below of ['', '/organizations/:organization']) {
    const path = `${WELL_KNOWN}${basePath}${below}`;
    mounted.use(path, withEveryAnswer);
    mounted.get(path, describeDecisionPoint);
    mounted.all(path, (c) => failure(c, 'method_not_allowed', { allow: 'GET, HEAD' }));
  }
  mounted.route(basePath, app);
  mounted.notFound((c) => failure(c, 'not_found'));
  return mounted;
}

async function guarded(c: Context, services: Services, path: string, handler: Handler): Promise<Response> {
  try {
    return (await refusedWhileRestoring(c, services, path)) ?? (await handler(c, services));
  } catch (error) {
    services.log.error(error instanceof StoreUnavailable ? 'store_unavailable' : 'unexpected_error', {
      path,
      error: error instanceof Error ? error.name : typeof error,
    });
    return failure(c, 'unavailable', RETRY_AFTER);
  }
}
