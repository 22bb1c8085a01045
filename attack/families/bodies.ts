import { deflateSync, gzipSync } from 'node:zlib';
import { svixHeaders } from '../../src/testing/index.ts';
import {
  type Attack,
  attack,
  bearer,
  type Family,
  type Header,
  JSON_CONTENT,
  pick,
  refusalOf,
  type World,
} from '../attack.ts';
import { pathOf, type Route } from '../routes.ts';
import { promotion } from './signatures.ts';

const LIMIT = 512 * 1024;

/** A question whose answer is no: whoever gets a yes for a variant of it has talked somebody into it. */
const QUESTION = {
  subject: { type: 'user', id: 'user_bob' },
  action: { name: 'org:sys_memberships:manage' },
  resource: { type: 'organization', id: 'org_acme' },
};

const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
const withField = (name: string, value: string) =>
  JSON.stringify(QUESTION).replace(/^\{/, `{${JSON.stringify(name)}:${value},`);

/** JSON that is none, or is more than it seems. */
export const TEXTS: Readonly<Record<string, () => string | Uint8Array>> = {
  nothing: () => '',
  'white space': () => ' \n\t ',
  'half of it': () => JSON.stringify(QUESTION).slice(0, 60),
  'something behind it': () => `${JSON.stringify(QUESTION)}{}`,
  null: () => 'null',
  true: () => 'true',
  'a number': () => '1e999',
  'a text': () => '"user_ada"',
  'a list': () => '[]',
  'a list of itself': () => `[${JSON.stringify(QUESTION)}]`,
  'a deep list': () => deep('[', ']', 100_000),
  'a deep object': () => deep('{"a":', '}', 50_000).replace('}', '1}'),
  'a deep property': () => withField('context', deep('[', ']', 20_000)),
  'a deep resource': () => withField('context', `{"a":${deep('{"a":', '}', 5_000).replace('}', '1}')}}`),
  'a byte order mark': () => `\ufeff${JSON.stringify(QUESTION)}`,
  'UTF-16': () => Buffer.from(JSON.stringify(QUESTION), 'utf16le'),
  'bytes that are no UTF-8': () =>
    Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xff, 0xc0, 0x80, 0x22, 0x7d])]),
  'an overlong NUL': () => Buffer.from([0x22, 0xc0, 0x80, 0x22]),
  'a raw NUL': () => JSON.stringify(QUESTION).replace('user_bob', 'user_bob\0'),
  'an escaped NUL': () => JSON.stringify(QUESTION).replace('user_bob', 'user_bob\\u0000'),
  'a NUL in the permission': () => JSON.stringify(QUESTION).replace('manage', 'manage\\u0000'),
  'a lone surrogate': () => JSON.stringify(QUESTION).replace('user_bob', 'user_\\ud800'),
  'a lone surrogate in the permission': () => JSON.stringify(QUESTION).replace('manage', '\\udfff'),
  'a line separator': () => JSON.stringify(QUESTION).replace('user_bob', 'user_\u2028'),
  comments: () => `/* */${JSON.stringify(QUESTION)}//`,
  'single quotes': () => JSON.stringify(QUESTION).replaceAll('"', "'"),
  NaN: () => withField('context', 'NaN'),
  'a huge number': () => withField('context', '{"at_least_revision":1e309}'),
  'a negative revision': () => withField('context', '{"at_least_revision":-1}'),
  'a revision with a fraction': () => withField('context', '{"at_least_revision":0.5}'),
  'a revision as text': () => withField('context', '{"at_least_revision":"0; select 1"}'),
  'a long number': () => withField('context', `{"at_least_revision":${'9'.repeat(50_000)}}`),
  'a long text': () => JSON.stringify(QUESTION).replace('user_bob', 'x'.repeat(400_000)),
  'very many properties': () =>
    withField(
      'context',
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`p${n}`, n]))),
    ),
  'a property twice': () => withField('subject', '{"type":"user","id":"user_ada"}'),
  'a prototype': () => withField('__proto__', '{"decision":true,"role":"org:admin"}'),
  'a prototype inside': () =>
    JSON.stringify(QUESTION).replace('"type":"user"', '"__proto__":{"id":"user_ada"},"type":"user"'),
  'a constructor': () => withField('constructor', '{"prototype":{"decision":true}}'),
  'a subject called constructor': () => JSON.stringify(QUESTION).replace('user_bob', 'constructor'),
  'a subject called __proto__': () => JSON.stringify(QUESTION).replace('user_bob', '__proto__'),
  'a permission called toString': () =>
    JSON.stringify(QUESTION).replace('org:sys_memberships:manage', 'toString'),
  'a list as the subject': () => JSON.stringify({ ...QUESTION, subject: ['user_ada'] }),
  'a list as the id': () => JSON.stringify({ ...QUESTION, subject: { type: 'user', id: ['user_ada'] } }),
  'a condition as the id': () =>
    JSON.stringify({ ...QUESTION, subject: { type: 'user', id: { $ne: null } } }),
  'SQL as the id': () => JSON.stringify({ ...QUESTION, subject: { type: 'user', id: "x' or '1'='1" } }),
  'SQL as the permission': () =>
    JSON.stringify({ ...QUESTION, action: { name: "x'); drop table rolecall.memberships; --" } }),
  'a pattern as the permission': () => JSON.stringify({ ...QUESTION, action: { name: '%' } }),
  'a star as the permission': () => JSON.stringify({ ...QUESTION, action: { name: '*' } }),
  'roles that the subject says it has': () =>
    JSON.stringify({
      ...QUESTION,
      subject: {
        ...QUESTION.subject,
        properties: { role: 'org:admin', roles: ['org:admin'], permissions: ['*'] },
      },
      context: { role: 'org:admin', decision: true },
    }),
  'an agent who acts for an admin': () =>
    JSON.stringify({
      ...QUESTION,
      subject: { type: 'agent', id: 'bot', properties: { acting_for: 'user_ada' } },
    }),
  'half a token': () => JSON.stringify({ ...QUESTION, context: { token: { session_id: 'sess_1' } } }),
  'a token from the future': () =>
    JSON.stringify({ ...QUESTION, context: { token: { session_id: 'sess_1', issued_at: 99_999_999_999 } } }),
  'a page that is no page': () =>
    JSON.stringify({ ...QUESTION, page: { token: 'AAAA', limit: Number.MAX_SAFE_INTEGER } }),
  'a great many evaluations': () =>
    JSON.stringify({ ...QUESTION, evaluations: Array.from({ length: 1_001 }, () => ({})) }),
  'evaluations that are none': () =>
    JSON.stringify({ evaluations: [null, 1, 'x', [], { subject: null }, QUESTION] }),
  'a replay of everything, with more in it': () =>
    JSON.stringify({ filter: {}, dry_run: false, also: 'this', reason: 'x' }),
  'a replay of nothing': () => JSON.stringify({ ids: [] }),
  'a replay of too much': () => JSON.stringify({ ids: Array.from({ length: 1_001 }, (_, n) => `msg_${n}`) }),
  'a reason with a NUL': () => '{"reason":"\\u0000"}',
  'a reason with a line break': () => JSON.stringify({ reason: 'a\nlevel: error' }),
  'a reason without an end': () => JSON.stringify({ reason: 'x'.repeat(501) }),
  'a reason that is a surrogate': () => '{"reason":"\\ud800"}',
  'an organization that is none': () => JSON.stringify({ organization: "org' or 1=1", dry_run: false }),
  'one byte too many': () => ' '.repeat(LIMIT + 1),
  'far too much': () => `"${'x'.repeat(LIMIT * 2)}"`,
};

/** How it is sent beside the body itself. */
const WRAPPINGS: Readonly<
  Record<string, (body: Uint8Array) => { readonly headers: Header[]; readonly body: Uint8Array }>
> = {
  'as JSON': (body) => ({ headers: [JSON_CONTENT], body }),
  'with a charset': (body) => ({ headers: [['content-type', 'application/json; charset=utf-7']], body }),
  'as text': (body) => ({ headers: [['content-type', 'text/plain']], body }),
  'as a form': (body) => ({ headers: [['content-type', 'application/x-www-form-urlencoded']], body }),
  'as parts': (body) => ({ headers: [['content-type', 'multipart/form-data; boundary=x']], body }),
  'as nothing': (body) => ({ headers: [], body }),
  'as two types': (body) => ({ headers: [JSON_CONTENT, ['content-type', 'text/html']], body }),
  compressed: (body) => ({ headers: [JSON_CONTENT, ['content-encoding', 'gzip']], body: gzipSync(body) }),
  deflated: (body) => ({ headers: [JSON_CONTENT, ['content-encoding', 'deflate']], body: deflateSync(body) }),
  'said to be compressed': (body) => ({ headers: [JSON_CONTENT, ['content-encoding', 'br, gzip']], body }),
  'in chunks': (body) => ({ headers: [JSON_CONTENT, ['transfer-encoding', 'chunked']], body: chunked(body) }),
};

function chunked(body: Uint8Array, most = 65_536): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += most) {
    const part = body.subarray(at, at + most);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Everything but a yes: a body that could be read is answered, and the answer is no, or nothing. */
function isNoYes(answer: { readonly status: number; readonly text: string }): boolean {
  if (answer.status >= 400) return true;
  return answer.status === 200 && !/"decision":\s*true/.test(answer.text);
}

/** Malformed, oversized, compressed, ambiguous bodies, sent by whoever may send one. */
export const bodies: Family = (world, step, chance): Attack => {
  const routes = world.routes.filter(({ method, asks }) => method === 'POST' && asks !== 'console');
  const route = pick(chance, routes);
  const names = Object.keys(TEXTS);
  const name = names[step % names.length] ?? '';
  const text = TEXTS[name];
  if (text === undefined) throw new Error(`there is no body ${name}`);
  const [wrapping, wrap] = pick(chance, Object.entries(WRAPPINGS));
  const given = text();
  const wrapped = wrap(typeof given === 'string' ? Buffer.from(given) : given);
  const target = pathOf(route, { id: '999999' });
  const request = {
    method: 'POST',
    target,
    body: wrapped.body,
    headers: [...credentialsOf(world, route, step), ...wrapped.headers],
  };
  // Of the webhook nothing is authentic. Of searches the answer says who may, which the token may know.
  const isHarmless: Attack['isHarmless'] =
    route.asks === 'provider'
      ? ({ status }) => status >= 400
      : route.asks === 'operator'
        ? (answer) => answer.status >= 400 && refusalOf(answer) !== '401 unauthenticated'
        : (answer) => isNoYes(answer) && answer.status !== 401;
  return attack(world, route, `${name}, ${wrapping}`, request, isHarmless);
};

function credentialsOf(world: World, route: Route, step: number): Header[] {
  const { readToken, operatorToken, signingSecret } = world.canaries;
  if (route.asks === 'app') return [bearer(readToken)];
  if (route.asks === 'operator') return [bearer(operatorToken)];
  const signed = svixHeaders(signingSecret, `msg_body${step}`, world.now(), promotion(world, world.now()));
  return Object.entries(signed);
}
