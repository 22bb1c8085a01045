import {
  type Attack,
  attack,
  bearer,
  type Family,
  type Header,
  pick,
  refusedWith,
  routeNamed,
  type World,
} from '../attack.ts';
import { authenticToken } from './session-tokens.ts';

const NUMBERS = [
  '-1',
  '-0',
  '+1',
  '01',
  '1.5',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '',
  ' ',
  '9007199254740992',
  '99999999999999999999999999',
  '1'.repeat(5_000),
  '%00',
  '1%00',
  '٣',
  "1'--",
  '1,2',
  '[1]',
  'null',
];
const EPOCHS = [
  'none',
  '%00',
  "'--",
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(101),
  '%ff',
  '%ed%a0%80',
];
const MALFORMED = ['400 invalid_parameter'] as const;
const GONE = ['410 resync_required', ...MALFORMED] as const;

type Trick = (
  world: World,
  chance: () => number,
) => {
  readonly query: string;
  readonly headers?: readonly Header[];
  readonly refusals: readonly string[];
};

/** Places in the feed that there are not. None of them may wait, and none may be answered with a page. */
const TRICKS: Readonly<Record<string, Trick>> = {
  'a place that is no number': (_, chance) => ({
    query: `after=${encodeURIComponent(pick(chance, NUMBERS))}&wait=30`,
    refusals: MALFORMED,
  }),
  'a place in the future': (world, chance) => ({
    query: `after=${world.feed.revision + 1_000_000 + Math.floor(chance() * 1e9)}&epoch=${world.feed.epoch}&wait=30`,
    refusals: GONE,
  }),
  'a place past all numbers': () => ({ query: `after=${Number.MAX_SAFE_INTEGER}&wait=30`, refusals: GONE }),
  'an epoch of elsewhere': (_, chance) => ({
    query: `after=0&epoch=${pick(chance, EPOCHS)}&wait=30`,
    refusals: GONE,
  }),
  'a limit that is none': (_, chance) => ({
    query: `after=0&limit=${encodeURIComponent(pick(chance, [...NUMBERS, '0', '1001', '10000']))}`,
    refusals: MALFORMED,
  }),
  'a wait that is none': (_, chance) => ({
    query: `after=0&wait=${encodeURIComponent(pick(chance, ['-1', '1.5', 'NaN', '99999', '1e1', '%00']))}`,
    refusals: MALFORMED,
  }),
  'a place named twice': () => ({ query: 'after=0&after=1', refusals: MALFORMED }),
  'what is not known': (_, chance) => ({
    query: `${pick(chance, ['__proto__', 'constructor', 'x', 'organization', 'user'])}=1`,
    refusals: MALFORMED,
  }),
  'events after what is no number': (_, chance) => ({
    query: '',
    headers: [
      ['accept', 'text/event-stream'],
      ['last-event-id', pick(chance, ['-1', '1e3', 'x', '1.5', '01', '1,2', '9'.repeat(400)])],
    ],
    refusals: MALFORMED,
  }),
  'events after the future': () => ({
    query: '',
    headers: [
      ['accept', 'text/event-stream'],
      ['last-event-id', '999999999'],
    ],
    refusals: GONE,
  }),
};

/** Places in the feed that there are not, asked by those who may read it. Waits and slow readers are in `flood.ts`. */
export const feed: Family = (world, step, chance): Attack => {
  const paths = ['/v1/changes', '/v1/me/changes'];
  const route = routeNamed(world, 'GET', paths[step % 2] ?? '');
  const [name, trick] = pick(chance, Object.entries(TRICKS));
  const { query, headers = [], refusals } = trick(world, chance);
  const token = route.asks === 'session' ? authenticToken(world) : world.canaries.readToken;
  const request = { method: 'GET', target: `${route.path}?${query}`, headers: [bearer(token), ...headers] };
  return attack(world, route, name, request, refusedWith(...refusals));
};
