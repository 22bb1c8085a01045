import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { anyText } from '../support/matchers.ts';
import { ALLOWED, asker, denied, MANY, ONE, question, within } from './support/authzen.ts';
import { head, raw } from './support/raw.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let ask: ReturnType<typeof asker>;
beforeAll(async () => {
  rolecall = await startRolecall();
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  clerk.createUser({ id: 'user_jane' });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
});
afterAll(() => rolecall.stop());

const jane = (parts: Record<string, unknown> = {}) => question('user_jane', 'org_acme', parts);
const without = (name: string) => Object.fromEntries(Object.entries(jane()).filter(([key]) => key !== name));
const resource = (properties: unknown) => ({
  resource: { type: 'organization', id: 'org_acme', properties },
});

/** By the place that the message names. */
const UNREADABLE: [string, Record<string, unknown>][] = [
  ['subject', without('subject')],
  ['action', without('action')],
  ['resource', without('resource')],
  ['subject.type', jane({ subject: { id: 'user_jane' } })],
  ['subject.id', jane({ subject: { type: 'user' } })],
  ['action.name', jane({ action: {} })],
  ['resource.type', jane({ resource: { id: 'org_acme' } })],
  ['resource.id', jane({ resource: { type: 'organization' } })],
  ['subject', jane({ subject: 'user_jane' })],
  ['subject', jane({ subject: null })],
  ['subject', jane({ subject: [] })],
  ['subject', jane({ subject: [{ type: 'user', id: 'user_jane' }] })],
  ['subject.id', jane({ subject: { type: 'user', id: null } })],
  ['subject.id', jane({ subject: { type: 'user', id: 7 } })],
  ['subject.id', jane({ subject: { type: 'user', id: ['user_jane'] } })],
  ['subject.type', jane({ subject: { type: { toString: 'user' }, id: 'user_jane' } })],
  ['subject.properties', jane({ subject: { type: 'user', id: 'user_jane', properties: null } })],
  ['subject.properties', jane({ subject: { type: 'user', id: 'user_jane', properties: [] } })],
  [
    'subject.properties.acting_for',
    jane({ subject: { type: 'agent', id: 'agent_1', properties: { acting_for: null } } }),
  ],
  [
    'subject.properties.acting_for',
    jane({ subject: { type: 'agent', id: 'agent_1', properties: { acting_for: 7 } } }),
  ],
  ['action', jane({ action: 'org:sys_memberships:read' })],
  ['action.name', jane({ action: { name: 123 } })],
  ['action.name', jane({ action: { name: true } })],
  ['action.properties', jane({ action: { name: 'x', properties: 'x' } })],
  ['resource', jane({ resource: true })],
  ['resource.properties', jane(resource('x'))],
  ['resource.properties.organization', jane(resource({ organization: null }))],
  ['resource.properties.organization', jane(resource({ organization: ['org_acme'] }))],
  ['resource.properties.scope', jane(resource({ scope: null }))],
  ['resource.properties.scope', jane(resource({ scope: 'workspace/ws_1' }))],
  ['resource.properties.scope', jane(resource({ scope: ['workspace', 'ws_1'] }))],
  ['resource.properties.scope.id', jane(resource({ scope: { type: 'workspace' } }))],
  ['resource.properties.scope.type', jane(resource({ scope: { type: null, id: 'ws_1' } }))],
  ['resource.properties.owner', jane(resource({ owner: 7 }))],
  ['resource.properties.owner', jane(resource({ owner: { id: 'user_jane' } }))],
  ['resource.properties.assignees', jane(resource({ assignees: 'user_jane' }))],
  ['resource.properties.assignees.1', jane(resource({ assignees: ['user_jane', null] }))],
  ['context', jane({ context: null })],
  ['context', jane({ context: 'org_acme' })],
  ['context', jane({ context: [] })],
  ['context.organization', jane({ context: { organization: null } })],
  ['context.at_least_revision', jane({ context: { at_least_revision: '1' } })],
  ['context.at_least_revision', jane({ context: { at_least_revision: null } })],
  ['context.at_least_revision', jane({ context: { at_least_revision: -1 } })],
  ['context.at_least_revision', jane({ context: { at_least_revision: 0.5 } })],
  ['context.at_least_revision', jane({ context: { at_least_revision: 1e300 } })],
];

/** A question that would be answered, but for one byte in a text that nobody reads. */
const withByte = (byte: number) =>
  new TextEncoder()
    .encode(JSON.stringify(question('user_jane', 'org_acme', { padding: '~' })))
    .map((one) => (one === 0x7e ? byte : one));

describe('a question that cannot be read', () => {
  it.each(UNREADABLE)('is refused, and %s named: %j', async (place, body) => {
    const message = `${place} is missing or not what it has to be.`;
    for (const path of [ONE, within('org_acme', ONE), MANY]) {
      const { status, json } = await ask(path, body);
      expect(status, path).toBe(400);
      expect(json).toEqual({ error: { code: 'invalid_request', message } });
    }
    const { status, json } = await ask(MANY, { evaluations: [jane(), body, jane()] });
    expect(status).toBe(200);
    const error = { status: 400, message };
    expect(json).toEqual({
      evaluations: [ALLOWED, { decision: false, context: { reason: 'invalid_request', error } }, ALLOWED],
    });
  });

  it.each([
    ['nothing', '', 'invalid_body'],
    ['no JSON', '{"subject":', 'invalid_body'],
    ['JSON and more', `${JSON.stringify(question('user_jane', 'org_acme'))}x`, 'invalid_body'],
    ['bytes that are no UTF-8', withByte(0xff), 'invalid_body'],
    ['null', 'null', 'invalid_request'],
    ['a number', '1', 'invalid_request'],
    ['a text', '"user_jane"', 'invalid_request'],
    ['a list', '[]', 'invalid_request'],
    ['a list of questions', JSON.stringify([question('user_jane', 'org_acme')]), 'invalid_request'],
    ['an empty object', '{}', 'invalid_request'],
    ['brackets without end', '['.repeat(200_000), 'invalid_body'],
    ['brackets that end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'invalid_request'],
  ])('is refused where the body is %s', async (_, body, code) => {
    for (const path of [ONE, MANY])
      expect(await ask(path, body), path).toMatchObject({ status: 400, json: { error: { code } } });
  });

  it('is refused where it is not sent as JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])
      expect(await ask(ONE, jane(), { headers: { 'content-type': type } }), type).toMatchObject({
        status: 400,
        json: { error: { code: 'invalid_content_type' } },
      });
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset=x'])
      expect(await ask(ONE, jane(), { headers: { 'content-type': type } }), type).toMatchObject({
        status: 200,
      });
  });

  it('is refused where it is longer than half a mebibyte', async () => {
    const long = (size: number) => {
      const short = JSON.stringify(jane({ padding: '' }));
      return short.replace('"padding":""', `"padding":"${'x'.repeat(size - short.length)}"`);
    };
    expect((await ask(ONE, long(512 * 1024))).status).toBe(200);
    expect(await ask(ONE, long(512 * 1024 + 1))).toMatchObject({
      status: 413,
      json: { error: { code: 'payload_too_large' } },
    });
  });
});

const ODD = [
  '',
  ' ',
  '*',
  '%',
  '../..',
  "' or '1'='1",
  "user_jane'; drop table rolecall.users; --",
  '{"$ne":null}',
  '["user_jane"]',
  'null',
  '__proto__',
  'user_jane\u0000',
  '\u0000',
  '\ud800',
  'user_jane\n',
  '\u202euser_jane',
  'user_jane/org_acme',
  'x'.repeat(10_000),
];

describe('odd texts', () => {
  it.each(ODD.map((text) => [text]))('belong to nobody and break nothing: %j', async (odd) => {
    const decided = async (body: unknown) => {
      const { status, json } = await ask(ONE, body);
      expect(status).toBe(200);
      return json;
    };
    expect(await decided(jane({ subject: { type: 'user', id: odd } }))).toEqual(denied('not_a_member'));
    expect(await decided(jane({ subject: { type: 'agent', id: odd } }))).toEqual(denied('not_an_agent'));
    const acting = { type: 'agent', id: 'agent_1', properties: { acting_for: odd } };
    expect(await decided(jane({ subject: acting }))).toEqual(
      expect.objectContaining({ decision: false }) as unknown,
    );
    expect(await decided(jane({ subject: { type: odd, id: 'user_jane' } }))).toEqual(
      denied('unknown_subject_type'),
    );
    expect(await decided(jane({ action: { name: odd } }))).toEqual(denied('missing_permission'));
    expect(await decided(question('user_jane', odd))).toEqual(denied('not_a_member'));
    expect(await decided(jane(resource({ scope: { type: odd, id: odd } })))).toEqual(
      denied('missing_permission'),
    );
    expect(await decided(jane(resource({ owner: odd, assignees: [odd] })))).toEqual(ALLOWED);
    const token = { session_id: odd, issued_at: Math.floor(Date.now() / 1_000) };
    expect(await decided(jane({ context: { token } }))).toEqual(
      odd === 'null' ? ALLOWED : denied('invalid_token'),
    );
  });

  it('leave the store as it was', async () => {
    const [{ count } = { count: 0 }] = await rolecall.sql<{ count: number }[]>`
      select count(*)::int as count from rolecall.users`;
    expect(count).toBeGreaterThan(0);
    expect(rolecall.logged('unexpected_error')).toEqual([]);
  });

  it('as members of objects change nothing: __proto__, constructor', async () => {
    const body = JSON.stringify(jane()).replace(
      '{',
      '{"__proto__":{"subject":{"type":"user","id":"user_nobody"}},"constructor":{"prototype":{"decision":true}},',
    );
    expect(await ask(ONE, body)).toMatchObject({ status: 200, json: ALLOWED });
    const inherited = '{"__proto__":{"subject":{"type":"user","id":"user_jane"}},"action":{"name":"x"}}';
    expect((await ask(ONE, inherited)).status).toBe(400);
    expect((await ask(MANY, `{"evaluations":[${inherited}]}`)).json).toMatchObject({
      evaluations: [{ decision: false, context: { reason: 'invalid_request' } }],
    });
  });
});

describe('whoever does not say who they are', () => {
  it.each([
    ['no token', null],
    ['a wrong one', 'wrong'],
    ["an operator's", 'operator-CANARY'],
  ])('is refused before anything is read: %s', async (_, token) => {
    for (const path of [ONE, MANY, within('org_acme', ONE), within('%00', MANY)]) {
      const { status, json, headers } = await ask(path, 'not even JSON', { token });
      expect(status, path).toBe(401);
      expect(json).toEqual({ error: { code: 'unauthenticated', message: anyText } });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

test('a body is read sixty-four levels deep, and refused beyond, wherever they are', async () => {
  const nested = (levels: number, inside: string) =>
    inside.replace('@', `${'['.repeat(levels)}${']'.repeat(levels)}`);
  const search = JSON.stringify({
    ...jane(),
    subject: { type: 'user' },
    action: { name: 'x', properties: '#' },
  });
  const bodies: [string, number, string][] = [
    [ONE, 1, JSON.stringify(jane({ unknown: '#' }))],
    [ONE, 2, JSON.stringify(jane({ context: { token: '#' } }))],
    [MANY, 3, JSON.stringify({ evaluations: [jane({ unknown: '#' })] })],
    ['/access/v1/search/subject', 3, search.replace('"#"', '{"deep":"#"}')],
  ];
  for (const [path, outer, body] of bodies) {
    const asked = (levels: number) => ask(path, nested(levels, body.replace('"#"', '@')));
    expect((await asked(64 - outer)).status, path).toBe(200);
    for (const levels of [65 - outer, 100_000])
      expect((await asked(levels)).json, path).toEqual({ error: { code: 'invalid_body', message: anyText } });
  }
});

describe('X-Request-ID', () => {
  const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
  const headers = { 'x-request-id': id };

  it('comes back with every answer, errors among them', async () => {
    const answers = [
      await ask(ONE, jane(), { headers }),
      await ask(MANY, { evaluations: [jane()] }, { headers }),
      await ask(ONE, '', { headers }),
      await ask(ONE, jane(), { headers, token: null }),
      await ask(ONE, jane({ context: { at_least_revision: 1e15 } }), { headers }),
      await ask('/access/v1/nothing', jane(), { headers }),
      await fetch(`${rolecall.url}${ONE}`, { headers }),
      await fetch(`${rolecall.url}/.well-known/authzen-configuration`, { headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 401, 409, 404, 405, 200]);
    expect(answers.map((one) => one.headers.get('x-request-id'))).toEqual(answers.map(() => id));
  });

  it('is not made up where there was none', async () => {
    expect((await ask(ONE, jane())).headers.get('x-request-id')).toBeNull();
  });

  it('may be anything printable, and is left out where it would not come back as it was', async () => {
    for (const good of ['1', 'a b;c="d"', '<script>', 'tab\tbed', 'x'.repeat(8_000)])
      expect(
        (await ask(ONE, jane(), { headers: { 'x-request-id': good } })).headers.get('x-request-id'),
      ).toBe(good);
    const odd = await ask(ONE, jane(), { headers: { 'x-request-id': 'é' } });
    expect([odd.status, odd.headers.get('x-request-id')]).toEqual([200, null]);
    const split: [string, string][] = [
      ['host', 'rolecall.test'],
      ['authorization', `Bearer ${READ_TOKEN}`],
      ['x-request-id', 'one'],
      ['x-request-id', 'two\x01'],
      ['content-length', '0'],
    ];
    const answer = await raw(rolecall.url, (socket) => void socket.write(head('POST', ONE, split)));
    expect(answer?.status).toBe(400);
    expect(answer?.headers.get('x-request-id') ?? null).toBeNull();
  });
});
