import {
  type Attack,
  attack,
  bearer,
  type Family,
  FORM_CONTENT,
  type Header,
  JSON_CONTENT,
  pick,
  refusedWith,
  type World,
} from '../attack.ts';
import { type Asked, pathOf } from '../routes.ts';
import { authenticToken, HOSTILE_TOKENS } from './session-tokens.ts';

interface Presented {
  readonly headers: readonly Header[];
  readonly query?: string;
  /** It is the right one, and may only look. */
  readonly looks?: boolean;
}

type Trick = (world: World, chance: () => number) => Presented;

const as =
  (write: (token: string, chance: () => number) => readonly Header[]) =>
  (tokenOf: (world: World) => string): Trick =>
  (world, chance) => ({ headers: write(tokenOf(world), chance) });

/** Ways to show a right credential wrongly. */
const WRONGLY: Readonly<Record<string, (tokenOf: (world: World) => string) => Trick>> = {
  'a prefix': as((token, chance) => [bearer(token.slice(0, Math.floor(chance() * token.length)) || 'x')]),
  'one character more': as((token) => [bearer(`${token}x`)]),
  'one character changed': as((token, chance) => {
    const at = Math.floor(chance() * token.length);
    return [bearer(token.slice(0, at) + (token[at] === 'f' ? 'e' : 'f') + token.slice(at + 1))];
  }),
  'in upper case': as((token) => [bearer(`${token}Z`.toUpperCase())]),
  'with its name': as((token) => [bearer(`ann:${token}`)]),
  'twice in one header': as((token) => [bearer(`${token}, Bearer ${token}`)]),
  'behind two spaces of another scheme': as((token) => [['authorization', `Basic  ${token}`]]),
  'as a password': as((token) => [
    ['authorization', `Basic ${Buffer.from(`ann:${token}`).toString('base64')}`],
  ]),
  'as a token': as((token) => [['authorization', `Token ${token}`]]),
  'without a scheme': as((token) => [['authorization', token]]),
  'in quotes': as((token) => [['authorization', `Bearer "${token}"`]]),
  'behind a wide space': as((token) => [['authorization', `Bearer\u3000${token}`]]),
  'very long': as((token) => [bearer(token.padEnd(6_000, 'x'))]),
  'in a cookie': as((token) => [
    ['cookie', `token=${token}; authorization=Bearer ${token}; __session=${token}`],
  ]),
  'in a proxy’s header': as((token) => [['proxy-authorization', `Bearer ${token}`]]),
  'in the headers of others': as((token) => [
    ['x-api-key', token],
    ['x-forwarded-authorization', `Bearer ${token}`],
    ['x-authorization', `Bearer ${token}`],
  ]),
};

const nobody: Readonly<Record<string, Trick>> = {
  nothing: () => ({ headers: [] }),
  'an empty token': () => ({ headers: [['authorization', 'Bearer ']] }),
  undefined: () => ({ headers: [bearer('undefined')] }),
  null: () => ({ headers: [bearer('null')] }),
  'the names of things': (_, chance) => ({
    headers: [bearer(pick(chance, ['constructor', '__proto__', 'default', 'secret', 'test', '*']))],
  }),
  'a hash': () => ({ headers: [bearer('0'.repeat(64))] }),
  'text that SQL would end': () => ({ headers: [bearer("x'or'1'='1")] }),
};

const shown =
  (tokenOf: (world: World) => string): Trick =>
  (world) => ({ headers: [bearer(tokenOf(world))] });
const reading = shown((world) => world.canaries.readToken);
const readingAcme = shown((world) => world.canaries.acmeToken);
const operating = shown((world) => world.canaries.operatorToken);
const looking = shown((world) => world.canaries.lookerToken);
const session = shown(authenticToken);
const consoleCookie: Trick = (world) => ({ headers: [['cookie', world.cookies.writer]] });
const inTheQuery =
  (tokenOf: (world: World) => string): Trick =>
  (world) => ({ headers: [], query: `access_token=${tokenOf(world)}&token=${tokenOf(world)}` });

const wrongly = (tokenOf: (world: World) => string): Record<string, Trick> =>
  Object.fromEntries(Object.entries(WRONGLY).map(([name, trick]) => [name, trick(tokenOf)]));

const hostileTokens: Record<string, Trick> = Object.fromEntries(
  Object.entries(HOSTILE_TOKENS).map(([name, tokenOf]): [string, Trick] => [
    `a session token ${name}`,
    (world, chance) => ({ headers: [bearer(tokenOf(world, chance) || 'x')] }),
  ]),
);

/** For each kind of route, who may not: among them everybody whose credential is right elsewhere. */
const TRICKS: Readonly<Record<Exclude<Asked, 'anyone'>, Readonly<Record<string, Trick>>>> = {
  app: {
    ...nobody,
    ...wrongly((world) => world.canaries.readToken),
    'an operator’s token': operating,
    'a token that may look': looking,
    'a session token': session,
    'a session of the console': consoleCookie,
    'in the query': inTheQuery((world) => world.canaries.readToken),
    'Clerk’s secret key': shown((world) => world.canaries.secretKey),
    'the signing secret': shown((world) => world.canaries.signingSecret),
    ...hostileTokens,
  },
  operator: {
    ...nobody,
    ...wrongly((world) => world.canaries.operatorToken),
    'a token of apps': reading,
    'a token of one organization’s app': readingAcme,
    'a session token': session,
    'a session of the console': consoleCookie,
    'in the query': inTheQuery((world) => world.canaries.operatorToken),
    'a token that may look': (world) => ({ headers: [bearer(world.canaries.lookerToken)], looks: true }),
    'the name of one that may look': shown((world) => `bob+read:${world.canaries.lookerToken}`),
    'Clerk’s secret key': shown((world) => world.canaries.secretKey),
  },
  session: {
    ...nobody,
    ...wrongly(authenticToken),
    ...hostileTokens,
    'a token of apps': reading,
    'an operator’s token': operating,
    'a session of the console': consoleCookie,
    'a session token in the query': inTheQuery(authenticToken),
  },
  provider: {
    ...nobody,
    'a token of apps': reading,
    'an operator’s token': operating,
    'a session token': session,
    'Clerk’s secret key': shown((world) => world.canaries.secretKey),
    'the signing secret': shown((world) => world.canaries.signingSecret),
  },
  console: {
    ...nobody,
    'an operator’s token': operating,
    'a token of apps': reading,
    'a session token': session,
    'in the query': inTheQuery((world) => world.canaries.operatorToken),
  },
};

const REFUSED: Readonly<Record<Exclude<Asked, 'anyone'>, Attack['isHarmless']>> = {
  app: refusedWith('401 unauthenticated'),
  operator: refusedWith('401 unauthenticated', '429 too_many_attempts'),
  session: refusedWith('401 unauthenticated', '401 token_cut_off'),
  provider: refusedWith('401 invalid_signature'),
  // The way in is shown to anybody, and so are its script and its style sheet.
  console: (answer) =>
    refusedWith('403 not_from_here', '401 signed_out', '401 unauthenticated')(answer) ||
    (answer.status === 401 && answer.text.includes('name="token"')),
};
const OPEN_PAGES: ReadonlySet<string> = new Set([
  '/console',
  '/console/',
  '/console/console.js',
  '/console/console.css',
]);

/** A credential where another one is wanted, or none, or one that was right once. */
export const credentials: Family = (world, step, chance): Attack => {
  const routes = world.routes.filter(({ asks, path }) => asks !== 'anyone' && !OPEN_PAGES.has(path));
  const route = routes[step % routes.length];
  if (route === undefined || route.asks === 'anyone') throw new Error('there is no route');
  const tricks = Object.entries(TRICKS[route.asks]);
  const [name, trick] = pick(chance, tricks);
  const { headers, query, looks = false } = trick(world, chance);
  const target = `${pathOf(route)}${query === undefined ? '' : `?${query}`}`;
  const isPost = route.method === 'POST';
  const request = {
    method: route.method,
    target,
    headers: [...headers, ...(isPost ? [route.asks === 'console' ? FORM_CONTENT : JSON_CONTENT] : [])],
    ...(isPost ? { body: bodyOf(chance) } : {}),
  };
  if (!looks) return attack(world, route, name, request, REFUSED[route.asks]);
  // It may read; whatever it wants to change is refused.
  const mayRead: Attack['isHarmless'] = ({ status }) => status === 200 || status === 400 || status === 404;
  return attack(world, route, name, request, isPost ? refusedWith('403 read_only') : mayRead);
};

/** What would do something, if it were let in. */
function bodyOf(chance: () => number): string {
  return pick(chance, [
    '{"reason":"an attack"}',
    '{"filter":{},"dry_run":false,"reason":"an attack"}',
    '{"dry_run":false,"reason":"an attack"}',
    '{}',
  ]);
}
