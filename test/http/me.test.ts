import { createHmac } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { createClerkStandIn } from '../../src/testing/index.ts';
import { anyText } from '../support/matchers.ts';
import { READ_TOKEN, startRolecall } from './support/rolecall.ts';
import { type SessionScene, startSessionScene } from './support/session-tokens.ts';

const ACME = '/v1/me/organizations/org_acme';

let scene: SessionScene;
let ada: Awaited<ReturnType<SessionScene['signIn']>>;
beforeAll(async () => {
  scene = await startSessionScene();
  ada = await scene.signIn('user_ada');
});
afterAll(() => scene.rolecall.stop());

const seconds = () => Math.floor(Date.now() / 1_000);
const claims = (changes: Record<string, unknown> = {}) => ({
  azp: scene.origin,
  exp: seconds() + 60,
  iat: seconds(),
  iss: scene.rolecall.clerk.issuer,
  nbf: seconds() - 10,
  o: { id: 'org_acme', rol: 'admin' },
  sid: ada.id,
  sts: 'active',
  sub: 'user_ada',
  v: 2,
  ...changes,
});
const signed = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  scene.rolecall.clerk.signToken(claims(changes), header);
const answer = async (path: string, token: string) => {
  const response = await scene.get(path, token);
  const json = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: json.error?.code, json, headers: response.headers };
};
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const both = [ACME, '/v1/me/changes'];

test.each([
  [ACME, OPERATIONS['GET /v1/me/organizations/:organization']],
  ['/v1/me/changes', OPERATIONS['GET /v1/me/changes']],
])('%s answers what it is described to', async (path, operation) => {
  const { status, json } = await answer(path, signed());
  expect(status).toBe(200);
  expect(v.safeParse(operation?.answer ?? v.never(), json).issues).toBeUndefined();
});

describe('what I may do', () => {
  it('is what the endpoint for apps says of me', async () => {
    const { status, json } = await answer(ACME, ada.token());
    expect(status).toBe(200);
    const app = await scene.rolecall.get('/v1/organizations/org_acme/members/user_ada');
    const { pending_invitations, ...member } = app.json as Record<string, unknown>;
    expect([json, pending_invitations]).toEqual([member, 0]);
    expect(json).toMatchObject({ member: true, role: 'org:admin' });
  });

  it('is told of the organization that is active in the token, and of no other', async () => {
    expect(await answer('/v1/me/organizations/org_other', ada.token())).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect(await answer(ACME, ada.token({ organizationId: null }))).toMatchObject({ status: 403 });
    // Which a claim alone makes active: it is asked about, and held nothing in.
    expect(await answer('/v1/me/organizations/org_other', signed({ o: { id: 'org_other' } }))).toMatchObject({
      status: 200,
      json: { member: false, role: null, permissions: [] },
    });
    expect(await answer('/v1/me/organizations/org%2Facme', ada.token())).toMatchObject({
      status: 400,
      code: 'invalid_identifier',
    });
    expect(await answer(`${ACME}?user=user_bob`, ada.token())).toMatchObject({
      status: 400,
      code: 'invalid_parameter',
    });
  });
});

describe('a token that proves nothing', () => {
  const hostile: readonly (readonly [string, () => string])[] = [
    ['none at all', () => ''],
    ['an app’s', () => READ_TOKEN],
    ['no JWT', () => 'a.b.c'],
    ['another key’s', () => createClerkStandIn({ autoSend: false }).signToken(claims())],
    ['of no algorithm', () => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims())}.`],
    [
      'signed with the public key as a secret',
      () => {
        const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims())}`;
        const key = scene.rolecall.clerk.jwtKeyPem;
        return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
      },
    ],
    [
      'with other claims than were signed',
      () => {
        const [head, , signature] = ada.token().split('.');
        return `${head}.${encoded(claims({ sub: 'user_bob' }))}.${signature}`;
      },
    ],
    ['of another issuer', () => signed({ iss: 'https://clerk.evil.example' })],
    ['of another app', () => signed({ azp: 'https://evil.example' })],
    ['of no app', () => signed({ azp: undefined })],
    ['expired', () => signed({ iat: seconds() - 120, nbf: seconds() - 130, exp: seconds() - 60 })],
    ['of ten years', () => signed({ exp: seconds() + 315_360_000 })],
    ['of the future', () => signed({ iat: seconds() + 30 })],
    ['without a time', () => signed({ iat: undefined })],
    ['without a session', () => signed({ sid: undefined })],
    ['of a pending session', () => signed({ sts: 'pending' })],
    ['of an impersonator', () => signed({ act: { sub: 'user_staff' } })],
    ['of a machine', () => signed({ sub: 'mch_1' })],
    ['of another user’s session', () => signed({ sub: 'user_bob' })],
    ['with an organization that is none', () => signed({ o: { id: "org'; drop table x; --" } })],
    ['of another type', () => signed({}, { typ: 'at+jwt' })],
    ['with a header that must be understood', () => signed({}, { crit: ['exp'] })],
    ['too long', () => `${ada.token()}${'x'.repeat(9_000)}`],
  ];
  it.each(hostile)('is refused: %s', async (_, token) => {
    for (const path of both) {
      const { status, code, json, headers } = await answer(path, token());
      expect([path, status, code]).toEqual([path, 401, 'unauthenticated']);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
      // Why is the log's to say: it would only help strangers.
      expect(json.error?.message).toMatch(/^A (valid )?session token is required\.$/);
    }
  });

  it('is not taken from a cookie or from the address', async () => {
    for (const headers of [{ cookie: `__session=${ada.token()}` }, {}]) {
      const response = await fetch(`${scene.rolecall.url}${ACME}?token=${ada.token()}`, { headers });
      expect(response.status).toBe(401);
    }
  });

  it('is logged with its reason, and not with itself', () => {
    const reasons = scene.rolecall.logged('session_token_refused').map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['forged', 'expired', 'wrong_algorithm', 'impersonated']));
    expect(scene.rolecall.log.join()).not.toContain('eyJ');
  });
});

describe('a token that was cut off', () => {
  it('is refused by its code, and a fresh one is told the rest', async () => {
    const bob = await scene.signIn('user_bob');
    const before = bob.token();
    await scene.tell(() => scene.rolecall.clerk.changeRole('org_acme', 'user_bob', 'org:admin'));
    expect((await answer(ACME, before)).json).toMatchObject({ role: 'org:admin' });
    await scene.tell(() => scene.rolecall.clerk.changeRole('org_acme', 'user_bob', 'org:member'));
    for (const path of both)
      expect(await answer(path, before)).toMatchObject({ status: 401, code: 'token_cut_off' });
    const fresh = bob.token({ issuedAt: Date.now() + 1_000 });
    expect((await answer(ACME, fresh)).json).toMatchObject({ role: 'org:member', cutoff: anyText });
  });

  it('is refused once its session has ended, or its user was removed', async () => {
    const bob = await scene.signIn('user_bob');
    const token = bob.token({ issuedAt: Date.now() + 1_000 });
    expect((await answer(ACME, token)).status).toBe(200);
    await scene.tell(() => scene.rolecall.clerk.endSession(bob.id));
    for (const path of both)
      expect(await answer(path, token)).toMatchObject({ status: 401, code: 'token_cut_off' });
    const again = (await scene.signIn('user_bob')).token();
    await scene.tell(() => scene.rolecall.clerk.removeMember('org_acme', 'user_bob'));
    for (const path of both)
      expect(await answer(path, again)).toMatchObject({ status: 401, code: 'token_cut_off' });
  });
});

describe('pages of other origins', () => {
  const from = (origin: string, init: RequestInit = {}) =>
    fetch(`${scene.rolecall.url}${ACME}`, {
      ...init,
      headers: { origin, ...(init.method === 'OPTIONS' ? {} : { authorization: `Bearer ${ada.token()}` }) },
    });
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin');

  it('may read the answer where the app is an authorized party, failures too', async () => {
    const ours = await from(scene.origin);
    expect([ours.status, allowed(ours), ours.headers.get('vary')]).toEqual([200, scene.origin, 'Origin']);
    expect(ours.headers.get('access-control-allow-credentials')).toBeNull();
    const refused = await fetch(`${scene.rolecall.url}${ACME}`, { headers: { origin: scene.origin } });
    expect([refused.status, allowed(refused)]).toEqual([401, scene.origin]);
  });

  it.each(['https://evil.example', 'null', 'https://app.example.evil.example', 'http://other.example', ''])(
    'may not otherwise: %s',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS']) {
        const response = await from(origin, { method });
        expect([method, allowed(response), response.headers.get('vary')]).toEqual([method, null, 'Origin']);
      }
    },
  );

  it('may ask first, for these routes and no others', async () => {
    const asked = await from('https://other.example', { method: 'OPTIONS' });
    expect([asked.status, allowed(asked)]).toEqual([204, 'https://other.example']);
    expect(asked.headers.get('access-control-allow-methods')).toBe('GET');
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    const others = await fetch(`${scene.rolecall.url}/v1/changes`, {
      method: 'OPTIONS',
      headers: { origin: scene.origin },
    });
    expect([others.status, allowed(others)]).toEqual([405, null]);
    const app = await fetch(`${scene.rolecall.url}/v1/roles`, {
      headers: { origin: scene.origin, authorization: `Bearer ${READ_TOKEN}` },
    });
    expect([app.status, allowed(app)]).toEqual([200, null]);
  });
});

describe('without a key to know tokens by', () => {
  it('none is taken, and the answer says so', async () => {
    const rolecall = await startRolecall();
    for (const path of both) {
      const response = await fetch(`${rolecall.url}${path}`, {
        headers: { authorization: `Bearer ${ada.token()}`, origin: scene.origin },
      });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'session_tokens_not_taken' } });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    await rolecall.stop();
  });
});
