import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRolecall } from '../../src/runtime/rolecall.ts';
import { anyText, textLike } from '../support/matchers.ts';
import { head, raw } from './support/raw.ts';
import {
  answerOf,
  READ_TOKEN,
  type Running,
  SECRET_KEY,
  SIGNING_SECRET,
  signedHeaders,
  startRolecall,
} from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall();
});
afterAll(() => rolecall.stop());

const ROUTES: [string, string][] = [
  ['/webhooks/clerk', 'POST'],
  ['/v1/organizations/org_1/members/user_1', 'GET, HEAD'],
  ['/v1/organizations/org_1/members', 'GET, HEAD'],
  ['/v1/organizations/org_1/invitations', 'GET, HEAD'],
  ['/v1/organizations/org_1/seats', 'GET, HEAD'],
  ['/v1/organizations/org_1/assignable-roles', 'GET, HEAD'],
  ['/v1/organizations/org_1/findings', 'GET, HEAD'],
  ['/v1/roles', 'GET, HEAD'],
  ['/access/v1/evaluation', 'POST'],
  ['/access/v1/evaluations', 'POST'],
  ['/organizations/org_1/access/v1/evaluation', 'POST'],
  ['/organizations/org_1/access/v1/evaluations', 'POST'],
  ['/access/v1/search/subject', 'POST'],
  ['/access/v1/search/resource', 'POST'],
  ['/access/v1/search/action', 'POST'],
  ['/organizations/org_1/access/v1/search/subject', 'POST'],
  ['/organizations/org_1/access/v1/search/resource', 'POST'],
  ['/organizations/org_1/access/v1/search/action', 'POST'],
  ['/.well-known/authzen-configuration', 'GET, HEAD'],
  ['/.well-known/authzen-configuration/organizations/org_1', 'GET, HEAD'],
  ['/operator/v1/deliveries', 'GET, HEAD'],
  ['/operator/v1/deliveries/msg_1', 'GET, HEAD'],
  ['/operator/v1/effects', 'GET, HEAD'],
  ['/operator/v1/effects/1/retry', 'POST'],
  ['/operator/v1/replays', 'POST, GET, HEAD'],
  ['/operator/v1/replays/1', 'GET, HEAD'],
  ['/operator/v1/replays/1/cancel', 'POST'],
  ['/operator/v1/holds', 'GET, HEAD'],
  ['/operator/v1/holds/1/approve', 'POST'],
  ['/operator/v1/holds/1/reject', 'POST'],
  ['/openapi.json', 'GET, HEAD'],
  ['/healthz', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
];

const ask = async (method: string, path: string, headers: Record<string, string> = {}) =>
  answerOf(await fetch(`${rolecall.url}${path}`, { method, headers }));

/** As it stands in the request line: `fetch` would tidy it up. */
const askRaw = (target: string, headers: [string, string][] = [], method = 'GET') =>
  raw(
    rolecall.url,
    (socket) => void socket.write(head(method, target, [['host', 'rolecall.test'], ...headers])),
  );

const ERROR = {
  error: { code: textLike(/^[a-z_]+$/), message: textLike(/^[^\n]+$/) },
};

describe('a method that a path does not have', () => {
  it.each(ROUTES)('is refused on %s with the ones it has: %s', async (path, allow) => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
    for (const method of methods.filter((one) => !allow.split(', ').includes(one))) {
      const answer = await ask(method, path);
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get('allow'), method).toBe(allow);
      expect(answer.json, method).toEqual(ERROR);
    }
  });

  it('is refused where it is HEAD on what only takes POST', async () => {
    const answer = await ask('HEAD', '/webhooks/clerk');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.text).toBe('');
  });

  it('is refused where it is TRACE, which would echo the token', async () => {
    const answer = await askRaw(
      '/v1/organizations/o/members/u',
      [['authorization', 'Bearer CANARY']],
      'TRACE',
    );
    expect(answer?.status).toBe(405);
    expect(answer?.text).not.toContain('CANARY');
  });
});

describe('HEAD', () => {
  it('answers as GET does, without the body', async () => {
    expect(await ask('HEAD', '/healthz')).toMatchObject({ status: 200, text: '' });
    expect(await ask('HEAD', '/v1/organizations/org_1/members/user_1')).toMatchObject({
      status: 401,
      text: '',
    });
    const known = { authorization: `Bearer ${READ_TOKEN}` };
    expect(await ask('HEAD', '/v1/organizations/org_1/members/user_1', known)).toMatchObject({
      status: 200,
      text: '',
    });
  });
});

describe('a path that there is not', () => {
  it.each([
    '/',
    '/nothing',
    '/webhooks',
    '/webhooks/clerk/',
    '/webhooks/clerk/more',
    '/WEBHOOKS/CLERK',
    '/healthz/',
    '/access/v1',
    '/access/v1/evaluation/',
    '/access/v1/evaluations/more',
    '/access/v2/evaluation',
    '/organizations/org_1',
    '/organizations//access/v1/evaluation',
    '/organizations/org_1/org_2/access/v1/evaluation',
    '/.well-known/authzen-configuration/',
    '/.well-known/authzen-configuration/org_1',
    '/v1/organizations/org_1',
    '/v1/organizations/org_1/members/',
    '/v1/organizations/org_1/seats/',
    '/v1/organizations/org_1/roles',
    '/v1/roles/org:admin',
    '/v1/organizations/org_1/members/user_1/',
    '/v1/organizations//members/user_1',
    '/v1/organizations/org_1/members/user_1/more',
    '/__proto__',
    '/constructor',
  ])('is not found: %s', async (path) => {
    for (const method of ['GET', 'POST']) {
      const answer = await ask(method, path, { authorization: `Bearer ${READ_TOKEN}` });
      expect(answer.status).toBe(404);
      expect(answer.json).toEqual({ error: { code: 'not_found', message: anyText } });
    }
  });
});

describe('a path with tricks', () => {
  const token: [string, string][] = [['authorization', `Bearer ${READ_TOKEN}`]];

  it.each([
    ['/v1/organizations/../members/user_1', 404],
    ['/v1/organizations/%2e%2e/members/user_1', 404],
    ['/v1/organizations/org_1/members/..', 404],
    ['/v1/organizations/org_1/members/%2e%2e%2f', 400],
    ['//v1/organizations/org_1/members/user_1', 404],
    ['/v1//organizations/org_1/members/user_1', 404],
    ['/./healthz', 200],
    ['/x/../healthz', 200],
    ['/%2e%2e/healthz', 200],
    ['/%68ealthz', 200],
    ['/v1/organizations/org_1/members/user_1%00', 400],
    ['/v1/organizations/%00/members/user_1', 400],
    ['/v1/organizations/org_1/members/user%2f1', 400],
    ['/v1/organizations/org_1/members/%', 400],
    ['/v1/organizations/org_1/members/%ff', 400],
    ['/v1/organizations/org_1/members/%c3%28', 400],
    ['/v1/organizations/org_1/members/%ed%a0%80', 400],
    ['/v1/organizations/org_1/members/user_1%0d%0aset-cookie:x', 400],
    ["/v1/organizations/org_1/members/user_1'--", 400],
    ['/v1/organizations/org_1/members/%F0%9F%99%82', 400],
    ['/v1/organizations/org_1/members/-user', 400],
    [`/v1/organizations/org_1/members/${'x'.repeat(10_000)}`, 400],
    [`/v1/organizations/org_1/members/${'x'.repeat(192)}`, 400],
    [`/v1/organizations/org_1/members/${'x'.repeat(191)}`, 200],
    ['/v1/organizations/org_1/members/user_1?x=%00', 200],
    ['/v1/organizations/org_1/members/user_1;x=1', 400],
    ['/v1/organizations/:organization/members/:user', 400],
    ['/healthz\\..\\', 400],
    // The form that proxies use: the path counts, whatever the host.
    ['http://elsewhere.test/healthz', 200],
    ['*', 400],
  ])('is answered in order: %s → %i', async (target, status) => {
    const answer = await askRaw(target, token);
    expect(answer?.status).toBe(status);
    expect(answer?.headers.get('cache-control')).toBe('no-store');
    expect(answer?.headers.get('set-cookie')).toBeNull();
    if (status >= 400) expect(JSON.parse(answer?.text ?? '')).toEqual(ERROR);
  });

  it('is not helped by headers that name another path, method or host', async () => {
    const tricks: [string, string][] = [
      ['x-original-url', '/healthz'],
      ['x-rewrite-url', '/healthz'],
      ['x-http-method-override', 'GET'],
      ['x-forwarded-host', 'elsewhere.test'],
    ];
    expect((await askRaw('/nothing', tricks))?.status).toBe(404);
    expect((await askRaw('/webhooks/clerk', [...tricks, ['content-length', '0']], 'POST'))?.status).toBe(401);
    const odd = await raw(
      rolecall.url,
      (socket) => void socket.write(head('GET', '/healthz', [['host', 'a b/c']])),
    );
    expect(odd?.status).toBe(400);
    expect(odd?.headers.get('cache-control')).toBe('no-store');
  });
});

describe('every answer', () => {
  it('forbids to be stored, says what it is, and gives nothing of the inside away', async () => {
    const asked: [string, string, Record<string, string>?][] = [
      ['GET', '/healthz'],
      ['GET', '/readyz'],
      ['GET', '/nothing'],
      ['PUT', '/healthz'],
      ['HEAD', '/webhooks/clerk'],
      ['POST', '/webhooks/clerk'],
      ['GET', '/v1/organizations/org_1/members/user_1'],
      ['GET', '/v1/organizations/org_1/members/user_1', { authorization: `Bearer ${READ_TOKEN}` }],
      ['GET', '/v1/organizations/org_1/members/%00', { authorization: `Bearer ${READ_TOKEN}` }],
    ];
    for (const [method, path, headers] of asked) {
      const answer = await ask(method, path, headers);
      expect(answer.headers.get('cache-control'), `${method} ${path}`).toBe('no-store');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-type') ?? '').toMatch(/^application\/json/);
      expect(answer.text).not.toMatch(/node_modules|\.ts\b|postgres|Error:|CANARY/i);
    }
  });
});

describe('below a base path', () => {
  let based: Running;
  beforeAll(async () => {
    based = await startRolecall({ basePath: '/team/rolecall' });
  });
  afterAll(() => based.stop());

  it('everything is where it is otherwise, one level down', async () => {
    expect(await based.get('/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect((await based.get('/readyz')).status).toBe(200);
    based.clerk.createUser({ id: 'user_based' });
    const { json, id } = await based.post(based.clerk.outbox.at(-1)?.body ?? '');
    expect(json).toEqual({ delivery: id, outcome: 'applied' });
    expect(await based.get('/v1/organizations/org_1/members/user_based')).toMatchObject({
      status: 200,
      json: { organization: 'org_1', user: 'user_based', member: false },
    });
    const put = await answerOf(await fetch(`${based.url}/webhooks/clerk`));
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('what there is not is answered as everywhere else, below it and beside it', async () => {
    const root = based.url.replace('/team/rolecall', '');
    const below = `${based.url}/nothing`;
    for (const url of [
      below,
      `${based.url}/`,
      `${root}/healthz`,
      `${root}/`,
      `${root}/team/rolecallhealthz`,
    ]) {
      const answer = await answerOf(await fetch(url));
      expect(answer.status, url).toBe(404);
      expect(answer.json, url).toEqual({ error: { code: 'not_found', message: anyText } });
      expect(answer.headers.get('cache-control'), url).toBe('no-store');
    }
  });
});

describe("mounted in somebody's own app", () => {
  it('answers below its path and leaves the rest alone', async () => {
    const own = createRolecall({
      environment: {
        DATABASE_URL: rolecall.databaseUrl,
        CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
        CLERK_SECRET_KEY: SECRET_KEY,
        CLERK_API_URL: 'http://127.0.0.1:9',
        ROLECALL_READ_TOKEN: READ_TOKEN,
        ROLECALL_OPERATOR_TOKEN: 'operator',
      },
      connections: 1,
      writeLog: () => undefined,
    });
    try {
      const host = new Hono();
      host.get('/', (c) => c.text('mine'));
      host.route('/permissions', own.app);
      host.get('/later', (c) => c.text('also mine'));
      host.onError((_, c) => c.text('the host sees an error', 500));

      const home = await answerOf(await host.request('/'));
      expect([home.text, home.headers.get('cache-control')]).toEqual(['mine', null]);
      expect((await answerOf(await host.request('/later'))).text).toBe('also mine');
      expect((await host.request('/elsewhere')).headers.get('cache-control')).toBeNull();

      expect((await host.request('/permissions/healthz')).status).toBe(200);
      const unknown = await answerOf(await host.request('/permissions/nothing'));
      expect(unknown).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } });
      expect(unknown.headers.get('cache-control')).toBe('no-store');

      rolecall.clerk.createUser({ id: 'user_hosted' });
      const body = rolecall.clerk.outbox.at(-1)?.body ?? '';
      const headers = signedHeaders(body, { id: 'msg_hosted' });
      const taken = await host.request('/permissions/webhooks/clerk', { method: 'POST', headers, body });
      expect(await answerOf(taken)).toMatchObject({ status: 200, json: { outcome: 'applied' } });
    } finally {
      await own.stop();
    }
  });
});
