import {
  type Attack,
  attack,
  bearer,
  type Family,
  type Header,
  JSON_CONTENT,
  pick,
  type World,
} from '../attack.ts';
import { pathOf, type Route } from '../routes.ts';
import { authenticToken } from './session-tokens.ts';

/** As they stand in an address. */
const VALUES = [
  '',
  '%00',
  'a%00b',
  '%ff%fe',
  '%ed%a0%80',
  '%f0%9f%99%82',
  '%e2%80%ae',
  '%0d%0aset-cookie:%20a=b',
  '%09',
  '%1b%5b31m',
  '%27%20or%20%271%27=%271',
  '%27);drop%20table%20rolecall.memberships;--',
  '%25',
  '_',
  '%5c',
  '*',
  '$1',
  '..%2f..%2f',
  '-1',
  '0',
  '1e9',
  '99999999999999999999999',
  '9007199254740993',
  'NaN',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '__proto__',
  'constructor',
  'W10',
  'WyJ4Il0',
  'WyJcdTAwMDAiXQ',
  'WzFlMzA5XQ',
  'WyJ4IiwieCIsIngiXQ',
  'WzksOSw5LDld',
  'AAAA',
  '2026-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '0000-00-00T00:00:00Z',
  '2026-02-30T25:61:61%2B99:99',
  'infinity',
  'x'.repeat(801),
  'x'.repeat(12_000),
];
const KINDS: Readonly<Record<string, (name: string, value: string) => string>> = {
  'given once': (name, value) => `${name}=${value}`,
  'given twice': (name, value) => `${name}=${value}&${name}=${value}`,
  'as a list': (name, value) => `${name}[]=${value}`,
  'as a property': (name, value) => `${name}[__proto__]=${value}`,
  'in upper case': (name, value) => `${name.toUpperCase()}=${value}`,
  'without a value': (name) => name,
};

const credentialOf = ({ asks }: Route, world: World): Header[] => {
  if (asks === 'app') return [bearer(world.canaries.readToken)];
  if (asks === 'operator') return [bearer(world.canaries.operatorToken)];
  if (asks === 'session') return [bearer(authenticToken(world))];
  return asks === 'console' ? [['cookie', world.cookies.writer]] : [];
};

/** Parameters and ids that cannot be meant, by those who may ask: they are answered or refused, and nothing breaks. */
export const queries: Family = (world, step, chance): Attack => {
  const routes = world.routes.filter(({ asks }) => asks !== 'provider');
  const route = routes[step % routes.length];
  if (route === undefined) throw new Error('there is no route');
  const value = pick(chance, VALUES);
  const name = pick(chance, [
    ...route.parameters,
    'limit',
    'cursor',
    'organization',
    'user',
    'id',
    'from',
    'said',
  ]);
  const [kind, write] = pick(chance, Object.entries(KINDS));
  const inThePath = route.path.includes('{') && chance() < 0.4;
  const place = value === '' ? '%20' : value;
  const path = pathOf(route, inThePath ? { organization: place, user: place, id: place } : { id: '999999' });
  // Waiting is no attack here, and what a write without a body does is that it is refused.
  const request = {
    method: route.method,
    target: `${path}?${write(name === 'wait' ? 'epoch' : name, value)}`,
    headers: [...credentialOf(route, world), ...(route.method === 'POST' ? [JSON_CONTENT] : [])],
    ...(route.method === 'POST' ? { body: '[]' } : {}),
  };
  const what = inThePath ? `an id of ${value.slice(0, 40)}` : `${name} of ${value.slice(0, 40)}, ${kind}`;
  return attack(world, route, what, request, ({ status }) =>
    route.method === 'POST' ? status >= 400 : status < 500 && status !== 401,
  );
};
