import { type Attack, bearer, type Family, pick, refusedWith, type World } from '../attack.ts';
import { pathOf } from '../routes.ts';

/**
 * The request that is smuggled: nobody who is not an operator may ask for it, and whoever gets it past a proxy has paused
 * what signs people out. It carries the credential of somebody whose request the proxy let through before.
 */
const smuggled = (world: World) =>
  [
    'POST /operator/v1/effects/pause HTTP/1.1',
    `host: ${world.host}`,
    `authorization: Bearer ${world.canaries.operatorToken}`,
    'content-type: application/json',
    'content-length: 21',
    '',
    '{"reason":"smuggled"}',
  ].join('\r\n');

interface Trick {
  readonly lines: readonly string[];
  readonly body?: string;
  /** How many requests RFC 9112 sees in it at most. */
  readonly most?: number;
  readonly method?: string;
  readonly version?: string;
  readonly end?: string;
}

const CHUNKED = 'transfer-encoding: chunked';
const inside = (world: World) => `0\r\n\r\n${smuggled(world)}`;

/** Two readers of these bytes may disagree where the first request ends; ours never takes the second one for a request. */
const TRICKS: Readonly<Record<string, (world: World) => Trick>> = {
  'a length and chunks': (world) => ({
    lines: [`content-length: ${inside(world).length}`, CHUNKED],
    body: inside(world),
  }),
  'chunks and a length': (world) => ({
    lines: [CHUNKED, `content-length: ${inside(world).length}`],
    body: inside(world),
  }),
  'a short length and chunks': (world) => ({
    lines: ['content-length: 4', CHUNKED],
    body: `5c\r\n${smuggled(world)}\r\n0\r\n\r\n`,
  }),
  'two lengths that differ': (world) => ({
    lines: ['content-length: 0', `content-length: ${smuggled(world).length}`],
    body: smuggled(world),
  }),
  'two lengths that are the same': () => ({ lines: ['content-length: 2', 'content-length: 2'], body: '{}' }),
  'two lengths in one': (world) => ({
    lines: [`content-length: 0, ${smuggled(world).length}`],
    body: smuggled(world),
  }),
  'a length with a sign': (world) => ({ lines: ['content-length: +0'], body: smuggled(world) }),
  'a negative length': (world) => ({ lines: ['content-length: -1'], body: smuggled(world) }),
  'a length in hexadecimal': (world) => ({ lines: ['content-length: 0x0'], body: smuggled(world) }),
  'a length with a fraction': (world) => ({ lines: ['content-length: 0.0'], body: smuggled(world) }),
  'a length past all numbers': (world) => ({
    lines: ['content-length: 18446744073709551616'],
    body: smuggled(world),
  }),
  'a space before the colon of the length': (world) => ({
    lines: ['content-length : 0'],
    body: smuggled(world),
  }),
  'a space before the colon of the chunks': (world) => ({
    lines: [`transfer-encoding : chunked`, `content-length: ${inside(world).length}`],
    body: inside(world),
  }),
  'chunks in other words': (world) => ({ lines: ['transfer-encoding: xchunked'], body: inside(world) }),
  'chunks and identity': (world) => ({
    lines: ['transfer-encoding: chunked, identity'],
    body: inside(world),
  }),
  'chunks twice': (world) => ({ lines: [CHUNKED, 'transfer-encoding: identity'], body: inside(world) }),
  'chunks behind a tab': (world) => ({
    lines: ['transfer-encoding:\tchunked', `content-length: ${inside(world).length}`],
    body: inside(world),
  }),
  'chunks behind a vertical tab': (world) => ({
    lines: ['transfer-encoding: \x0bchunked', `content-length: ${inside(world).length}`],
    body: inside(world),
  }),
  'chunks in a folded header': (world) => ({
    lines: ['x-one: two', ` ${CHUNKED}`, `content-length: ${inside(world).length}`],
    body: inside(world),
  }),
  'a folded header': () => ({ lines: ['authorization: Bearer', ' folded', 'content-length: 0'] }),
  'chunks of a bad size': (world) => ({ lines: [CHUNKED], body: `0x0\r\n\r\n${smuggled(world)}` }),
  'chunks of a negative size': (world) => ({ lines: [CHUNKED], body: `-1\r\n\r\n${smuggled(world)}` }),
  'chunks of a size past all numbers': (world) => ({
    lines: [CHUNKED],
    body: `ffffffffffffffff0\r\n${smuggled(world)}`,
  }),
  'chunks that end in a line feed alone': (world) => ({ lines: [CHUNKED], body: `0\n\n${smuggled(world)}` }),
  'chunks with an extension that hides a line': (world) => ({
    lines: [CHUNKED],
    body: `0;\n${smuggled(world)}\r\n\r\n`,
  }),
  'chunks with trailers': () => ({
    lines: [CHUNKED, 'trailer: authorization'],
    body: '0\r\nauthorization: Bearer x\r\ncontent-length: 5\r\n\r\n',
  }),
  'lines that end in a line feed alone': (world) => ({
    lines: [],
    end: `\ncontent-length: 0\n\n${smuggled(world)}`,
  }),
  'lines that end in a carriage return alone': (world) => ({
    lines: [],
    end: `\rcontent-length: 0\r\r${smuggled(world)}`,
  }),
  'a header without a name': () => ({ lines: [': nothing', 'content-length: 0'] }),
  'a header without a colon': () => ({ lines: ['nothing', 'content-length: 0'] }),
  'a header with a NUL': () => ({ lines: ['x-one: a\0b', 'content-length: 0'] }),
  'a header name with a NUL': () => ({ lines: ['x-\0one: a', 'content-length: 0'] }),
  'a header with a lone carriage return': (world) => ({
    lines: [`x-one: a\rauthorization: Bearer ${world.canaries.operatorToken}`, 'content-length: 0'],
  }),
  'a huge header': () => ({ lines: [`x-one: ${'x'.repeat(100_000)}`, 'content-length: 0'] }),
  'very many headers': () => ({
    lines: [...Array.from({ length: 3_000 }, (_, n) => `x-${n}: ${n}`), 'content-length: 0'],
  }),
  'two hosts': (world) => ({ lines: [`host: ${world.host}`, 'content-length: 0'] }),
  'an upgrade': () => ({
    lines: ['connection: upgrade', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__', 'content-length: 0'],
  }),
  'a websocket': () => ({
    lines: [
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: x',
      'content-length: 0',
    ],
  }),
  'a credential that is dropped on the way': (world) => ({
    lines: [
      'connection: authorization',
      `x-authorization: Bearer ${world.canaries.operatorToken}`,
      'content-length: 0',
    ],
  }),
  'a body that must be waited for': () => ({
    lines: ['expect: 100-continue', 'content-length: 2'],
    body: '{}',
  }),
  'an expectation that nobody has': () => ({ lines: ['expect: 200-ok', 'content-length: 2'], body: '{}' }),
  'version 1.0': () => ({ lines: ['content-length: 0'], version: 'HTTP/1.0' }),
  'version 0.9': () => ({ lines: ['content-length: 0'], version: 'HTTP/0.9' }),
  'version 2.0': () => ({ lines: ['content-length: 0'], version: 'HTTP/2.0' }),
  'no version': () => ({ lines: ['content-length: 0'], version: '' }),
  'the preface of HTTP/2': () => ({ lines: [], method: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nPRI' }),
  TLS: () => ({ lines: [], method: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' }),
  'a space before the method': () => ({ lines: ['content-length: 0'], method: ' POST' }),
  'a long method': () => ({ lines: ['content-length: 0'], method: 'X'.repeat(10_000) }),
  'a pipeline of ten': (world) => ({
    lines: ['content-length: 0'],
    end: `\r\ncontent-length: 0\r\n\r\n${'GET /operator/v1/status HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(9)}GET /operator/v1/holds HTTP/1.1\r\nhost: ${world.host}\r\n\r\n`,
    most: 11,
  }),
};

/** No credential is right, so whatever is answered is a refusal, or what anybody may have. */
const REFUSALS = [
  '400 invalid_request',
  '400 invalid_body',
  '401 unauthenticated',
  '401 invalid_signature',
  '403 not_from_here',
  '404 not_found',
  '405 method_not_allowed',
  '413 payload_too_large',
  '429 too_many_attempts',
];

/** Requests that two readers would take apart in two ways. */
export const framing: Family = (world, step, chance): Attack => {
  const names = Object.keys(TRICKS);
  const name = names[step % names.length] ?? '';
  const trick = TRICKS[name]?.(world);
  if (trick === undefined) throw new Error(`there is no trick ${name}`);
  const route = pick(
    chance,
    world.routes.filter(({ asks }) => asks !== 'anyone' && asks !== 'console'),
  );
  const { lines, body = '', most = 1, method = 'POST', version = 'HTTP/1.1', end } = trick;
  const head = [
    `${method} ${pathOf(route)} ${version}`,
    `host: ${world.host}`,
    ...(chance() < 0.5 ? [bearer('wrong').join(': ')] : []),
    ...lines,
  ].join('\r\n');
  return {
    route,
    what: name,
    bytes: Buffer.from(head + (end ?? `\r\n\r\n${body}`), 'latin1'),
    bodiless: false,
    isHarmless: refusedWith(...REFUSALS, '404 session_tokens_not_taken'),
    mostAnswers: most,
  };
};
