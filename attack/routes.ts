import * as v from 'valibot';
import { CONSOLE_ROUTES } from '../src/console/routes.ts';

/** Whose credential a route asks for. */
export type Asked = 'anyone' | 'app' | 'operator' | 'provider' | 'session' | 'console';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** As the document writes it: `/v1/organizations/{organization}/seats`. */
  readonly path: string;
  readonly asks: Asked;
  /** The codes of its documented refusals, each with its status: `401 unauthenticated`. */
  readonly refusals: ReadonlySet<string>;
  readonly parameters: readonly string[];
}

const Reference = v.object({ $ref: v.string() });
const Operation = v.object({
  security: v.optional(v.array(v.record(v.string(), v.unknown())), []),
  parameters: v.optional(v.array(v.object({ name: v.string(), in: v.string() })), []),
  responses: v.record(v.string(), v.unknown()),
});
const Coded = v.object({
  properties: v.object({
    error: v.object({ properties: v.object({ code: v.object({ enum: v.array(v.string()) }) }) }),
  }),
});
const Document = v.object({
  paths: v.record(v.string(), v.record(v.string(), Operation)),
  components: v.object({
    responses: v.record(
      v.string(),
      v.object({
        content: v.object({
          'application/json': v.object({ schema: v.object({ allOf: v.tuple([v.unknown(), Coded]) }) }),
        }),
      }),
    ),
  }),
});

/** What any path may answer to any method, and a request that cannot even be read. */
const EVERYWHERE = ['404 not_found', '405 method_not_allowed', '400 invalid_request'];

/** The console describes itself to nobody: these are the refusals of docs/console.md. */
const OF_THE_CONSOLE = [
  '400 invalid_request',
  '400 invalid_body',
  '401 signed_out',
  '401 unauthenticated',
  '403 not_from_here',
  '403 read_only',
  '408 request_timeout',
  '409 nothing_to_retry',
  '409 hold_decided',
  '409 hold_conflict',
  '409 replay_ended',
  '409 reconciliation_ended',
  '409 calls_paused',
  '413 payload_too_large',
  '429 too_many_attempts',
];

/** Every route there is: those of the document that the server gives out, and those of the console. */
export function routesOf(document: unknown): Route[] {
  const { paths, components } = v.parse(Document, document);
  const codesOf = (response: unknown): readonly string[] => {
    const reference = v.safeParse(Reference, response);
    const named = reference.success ? reference.output.$ref.replace('#/components/responses/', '') : '';
    const described = components.responses[named];
    return described?.content['application/json'].schema.allOf[1].properties.error.properties.code.enum ?? [];
  };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security, parameters, responses }]): Route => {
      const refusals = Object.entries(responses).flatMap(([status, response]) =>
        codesOf(response).map((code) => `${status} ${code}`),
      );
      return {
        method: v.parse(v.picklist(['GET', 'POST']), method.toUpperCase()),
        path,
        asks: askedBy(path, security.flatMap(Object.keys)),
        refusals: new Set([...refusals, ...EVERYWHERE]),
        parameters: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
      };
    }),
  );
  const pages = CONSOLE_ROUTES.map(
    ({ method, path }): Route => ({
      method,
      path: path.replaceAll(/:(\w+)/g, '{$1}'),
      asks: 'console',
      refusals: new Set([...OF_THE_CONSOLE, ...EVERYWHERE]),
      parameters: [],
    }),
  );
  return [...described, ...pages];
}

function askedBy(path: string, schemes: readonly string[]): Asked {
  if (path === '/webhooks/clerk') return 'provider';
  return v.parse(v.picklist(['anyone', 'app', 'operator', 'session']), schemes[0] ?? 'anyone');
}

export function nameOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

/** The path with something in its places: what belongs to the first of the two tenants, unless told. */
export function pathOf(
  { path }: Pick<Route, 'path'>,
  { organization = 'org_acme', user = 'user_ada', id = '1' } = {},
): string {
  return path.replace('{organization}', organization).replace('{user}', user).replace('{id}', id);
}
