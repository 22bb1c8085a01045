import { type Attack, attack, type Family, type Header, pick } from '../attack.ts';
import { pathOf } from '../routes.ts';

const encodeAll = (text: string) =>
  [...text].map((one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
/** One character of the path, chosen anew each time. */
const somewhere = (path: string, chance: () => number, change: (one: string) => string) => {
  const at = 1 + Math.floor(chance() * (path.length - 1));
  return path.slice(0, at) + change(path[at] ?? '') + path.slice(at + 1);
};

/** Other ways to write an address. */
const TARGETS: Readonly<Record<string, (path: string, chance: () => number) => string>> = {
  'an encoded character': (path, chance) => somewhere(path, chance, encodeAll),
  'a character encoded twice': (path, chance) =>
    somewhere(path, chance, (one) => encodeAll(one).replace('%', '%25')),
  'encoded slashes': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  'slashes encoded twice': (path) => `/${path.slice(1).replaceAll('/', '%252f')}`,
  backslashes: (path) => path.replaceAll('/', '\\'),
  'encoded backslashes': (path) => `/${path.slice(1).replaceAll('/', '%5c')}`,
  'two slashes': (path) => path.replaceAll('/', '//'),
  'a leading slash more': (path) => `/${path}`,
  'a trailing slash': (path) => `${path}/`,
  'a trailing dot': (path) => `${path}.`,
  'a trailing dot segment': (path) => `${path}/.`,
  'a trailing space': (path) => `${path}%20`,
  'a trailing NUL': (path) => `${path}%00`,
  'a trailing line break': (path) => `${path}%0d%0aset-cookie:%20x=1`,
  'a suffix': (path) => `${path}.json`,
  'a parameter of the path': (path) => `${path};x=1`,
  'a parameter of the session': (path) => `${path};jsessionid=1`,
  'a fragment': (path) => `${path}#/healthz`,
  'an encoded question mark': (path) => `${path}%3f`,
  'upper case': (path) => path.toUpperCase(),
  'one letter in upper case': (path, chance) => somewhere(path, chance, (one) => one.toUpperCase()),
  'out of an open one': (path) => `/healthz/..${path}`,
  'out of an open one, encoded': (path) => `/healthz/%2e%2e${path}`,
  'out of an open one, encoded slash': (path) => `/healthz%2f..${path}`,
  'out of an open one with a semicolon': (path) => `/healthz/..;${path}`,
  'back to an open one': (path) => `${path}/../../../../../../../healthz`,
  'back to an open one, encoded': (path) => `${path}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/openapi.json`,
  'above the root': (path) => `/../../..${path}`,
  'a dot segment': (path) => `/.${path}`,
  'an overlong slash': (path) => `/${path.slice(1).replaceAll('/', '%c0%af')}`,
  'a wide slash': (path) => `/${path.slice(1).replaceAll('/', '%ef%bc%8f')}`,
  'bytes that are no UTF-8': (path) => `${path}%ff%fe`,
  'a percent sign alone': (path) => `${path}%`,
  'raw UTF-8': (path) => `${path}ü`,
  'a long path': (path) => `${path}/${'x'.repeat(12_000)}`,
  'very many segments': (path) => `${path}${'/x'.repeat(3_000)}`,
  'a whole address': (path) => `http://elsewhere.example${path}`,
  'a whole address with a user': (path) => `http://ann:x@elsewhere.example${path}`,
  'an address of another scheme': (path) => `file://${path}`,
  'no leading slash': (path) => path.slice(1),
  'a star': () => '*',
  'an authority': () => 'elsewhere.example:443',
  'the names of the route': (path) => path.replace('org_acme', ':organization'),
  'a query that names another method': (path) => `${path}?_method=GET&method=GET`,
  'an empty query of many': (path) => `${path}?${'&'.repeat(5_000)}`,
};

const METHODS = [
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'PATCH',
  'DELETE',
  'PROPFIND',
  'get',
  'LINK',
];

const HEADERS: readonly (readonly Header[])[] = [
  [],
  [
    ['x-http-method-override', 'GET'],
    ['x-method-override', 'GET'],
  ],
  [
    ['x-original-url', '/healthz'],
    ['x-rewrite-url', '/healthz'],
  ],
  [
    ['x-forwarded-host', 'elsewhere.example'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-prefix', '/../'],
  ],
  [['host', 'elsewhere.example']],
  [['host', 'a b/c']],
  [['host', '']],
  [['host', 'localhost@elsewhere.example']],
  [['host', '[::1']],
  [
    ['forwarded', 'for=127.0.0.1;host=localhost;proto=https'],
    ['x-forwarded-for', '127.0.0.1'],
  ],
  [
    ['x-middleware-subrequest', 'middleware'],
    ['x-real-ip', '127.0.0.1'],
  ],
  [['accept', '../../../../etc/passwd']],
  [['range', 'bytes=0-1']],
  [
    ['if-none-match', '*'],
    ['if-modified-since', 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ],
  [['x-request-id', 'a b  c']],
  [['x-request-id', 'ü'.repeat(300)]],
];

/** What anybody may have: it is told by what it says, since how its address is written is what is tried. */
const OPEN = [
  /^\{"status":"ok"\}$/,
  /^\{"status":"ready","instance":"[^"]*"\}$/,
  /^\{"openapi":/,
  /^\{"policy_decision_point":/,
  /<input[^>]*name="token"/,
];
const ASSETS = /^(text\/css|text\/javascript|application\/javascript|image\/)/;

/** Whether an answer tells nothing that was not for everybody. */
export function isOpenOrRefused(answer: Parameters<Attack['isHarmless']>[0]): boolean {
  if (answer.status >= 400) return true;
  // What a browser asks beforehand.
  if (answer.status === 204) return answer.text === '';
  if (answer.text === '') return answer.status === 200;
  return (
    answer.status === 200 &&
    (OPEN.some((pattern) => pattern.test(answer.text)) ||
      ASSETS.test(answer.headers.get('content-type') ?? ''))
  );
}

/** Where the answers stand that anybody may have. */
function isOpenTarget(target: string): boolean {
  const path = new URL(target, 'http://localhost').pathname;
  return /^\/(healthz|readyz|openapi\.json|console(\/(console\.(js|css))?)?|\.well-known\/authzen-configuration(\/organizations\/[^/]+)?)$/.test(
    decodeURI(path),
  );
}

/** The same route by other addresses, methods and headers, by whoever has no right to it. */
export const paths: Family = (world, step, chance): Attack => {
  const route = world.routes[step % world.routes.length];
  if (route === undefined) throw new Error('there is no route');
  const [name, write] = pick(chance, Object.entries(TARGETS));
  const method = chance() < 0.6 ? route.method : pick(chance, METHODS);
  const request = {
    method,
    target: write(pathOf(route), chance),
    headers: pick(chance, HEADERS),
    ...(method === 'POST' ? { body: '{}' } : {}),
  };
  return attack(world, route, `${name}, ${method}`, request, (answer) => {
    // An answer to HEAD says less than its status does: it is judged by that.
    if (method === 'HEAD' && answer.status === 200) return isOpenTarget(request.target);
    return isOpenOrRefused(answer);
  });
};
