import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import type { PermissionOf } from '../../src/policy/index.ts';
import {
  createGuard,
  type Denied,
  deniedResponse,
  type Guard,
  type Wanted,
} from '../../src/sdk/guard/index.ts';
import { createClient } from '../../src/sdk/index.ts';
import { anyText } from '../support/matchers.ts';
import { TOKEN } from './support/fake-rolecall.ts';
import {
  clientOf,
  outcome,
  READ,
  type Scene,
  settingsFor,
  startScene,
  WRITE,
  withBearer,
} from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
beforeEach(() => {
  scene.rolecall.asked.length = 0;
  scene.rolecall.answer = null;
});
afterAll(() => scene.stop());

const ask = (wanted: Wanted) => scene.guard().authorize(withBearer(scene.token()), wanted);
const denial = async (wanted: Wanted): Promise<Denied> => {
  const authorization = await ask(wanted);
  if (authorization.allowed) throw new Error('it was allowed');
  return authorization;
};

describe('a request that may', () => {
  it('is told who it is, in which organization', async () => {
    const issuedAt = Date.now();
    const request = withBearer(scene.token({ issuedAt }));
    expect(await scene.guard().authorize(request, { permission: READ })).toEqual({
      allowed: true,
      identity: {
        via: 'session',
        user: 'user_ada',
        session: scene.sessionId,
        issuedAt: Math.floor(issuedAt / 1_000),
        expiresAt: Math.floor(issuedAt / 1_000) + 60,
        organization: 'org_acme',
        actor: null,
      },
    });
  });

  it('was asked about with its token, and with all that it is about', async () => {
    const issuedAt = Date.now();
    await scene.guard().authorize(withBearer(scene.token({ issuedAt })), {
      permission: READ,
      organization: 'org_acme',
      owner: 'user_bob',
      assignees: ['user_ada'],
      scope: { type: 'workspace', id: 'ws_1' },
    });
    expect(scene.rolecall.asked).toEqual([
      {
        subject: { type: 'user', id: 'user_ada' },
        action: { name: READ },
        resource: {
          type: 'organization',
          id: 'org_acme',
          properties: {
            owner: 'user_bob',
            assignees: ['user_ada'],
            scope: { type: 'workspace', id: 'ws_1' },
          },
        },
        context: { token: { session_id: scene.sessionId, issued_at: Math.floor(issuedAt / 1_000) } },
      },
    ]);
  });

  it('is asked about every time: nothing is kept', async () => {
    await ask({ permission: READ });
    await ask({ permission: READ });
    expect(scene.rolecall.asked).toHaveLength(2);
  });
});

describe('a request that may not', () => {
  it('is told which permission is missing', async () => {
    const denied = await denial({ permission: WRITE });
    expect(denied).toEqual({
      allowed: false,
      status: 403,
      code: 'forbidden',
      permission: WRITE,
      reason: 'missing_permission',
    });
    const response = deniedResponse(denied);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      error: { code: 'forbidden', permission: WRITE, message: `The permission ${WRITE} is required.` },
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  // What a misspelt path parameter leaves behind must not become the token's own organization, or all of it.
  it.each([
    ['organization', { organization: undefined }],
    ['organization that is not empty', { organization: '' }],
    ['scope', { scope: undefined }],
  ])('because it names no %s', async (_, part: Partial<Wanted>) => {
    expect(await denial({ permission: READ, ...part })).toMatchObject({
      status: 403,
      reason: 'incomplete_question',
    });
    expect(scene.rolecall.asked).toEqual([]);
  });

  it('makes nobody look up what it is about before it is known who calls', async () => {
    let looked = 0;
    const lookUp = async () => {
      looked += 1;
      return { permission: READ, organization: 'org_acme' };
    };
    const guard = scene.guard();
    expect((await guard.authorize(withBearer('stranger'), lookUp)).allowed).toBe(false);
    expect(looked).toBe(0);
    expect((await guard.authorize(withBearer(scene.token()), lookUp)).allowed).toBe(true);
    expect(looked).toBe(1);
  });
});

describe('a request that nobody can decide about', () => {
  it('does not get in, and is told to come again', async () => {
    scene.rolecall.answer = (response) => void response.writeHead(503).end();
    const denied = await denial({ permission: READ });
    expect(denied).toMatchObject({ allowed: false, status: 503, code: 'unavailable', reason: 'rolecall' });
    const response = deniedResponse(denied);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toEqual({ error: { code: 'unavailable', message: anyText } });
  });

  it('does not get in where the client itself breaks', async () => {
    const client = { check: () => Promise.reject(new TypeError('broken')) };
    expect(await outcome(scene.guard({ client }), withBearer(scene.token()))).toEqual([
      503,
      'unavailable',
      'rolecall',
    ]);
  });
});

describe('the answer to a denied request', () => {
  const guard = () => scene.guard();

  it('does not say what was wrong with a token', async () => {
    const bodies = new Set<string>();
    for (const token of ['garbage', scene.token({ lifetime: 9_999 }), scene.token({ issuedAt: 0 })]) {
      const denied = await guard().authorize(withBearer(token), { permission: READ });
      if (denied.allowed) throw new Error('it was allowed');
      const response = await guard().respond(denied, null);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      bodies.add(await response.text());
    }
    expect([...bodies].map((body): unknown => JSON.parse(body))).toEqual([
      { error: { code: 'unauthenticated', message: anyText } },
    ]);
  });

  it('asks for a token where there was none', async () => {
    const denied = await guard().authorize(new Request('https://app.example'), { permission: READ });
    if (denied.allowed) throw new Error('it was allowed');
    expect(deniedResponse(denied).headers.get('www-authenticate')).toBe('Bearer');
  });

  it('tells a client that a fresh token may do', async () => {
    const response = deniedResponse({
      allowed: false,
      status: 401,
      code: 'token_cut_off',
      reason: 'token_cut_off',
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { code: 'token_cut_off', message: anyText } });
  });

  it('is the app’s own where it has one', async () => {
    const own = scene.guard({
      onDenied: (denied, request) =>
        denied.status === 401
          ? Response.redirect(`https://app.example/sign-in?to=${request?.url ?? ''}`)
          : new Response(`You lack ${denied.code === 'forbidden' ? denied.permission : ''}`, { status: 404 }),
    });
    const stranger = new Request('https://app.example/invoices');
    const unknown = await own.authorize(stranger, { permission: READ });
    if (unknown.allowed) throw new Error('it was allowed');
    const redirect = await own.respond(unknown, stranger);
    expect(redirect.headers.get('location')).toBe(
      'https://app.example/sign-in?to=https://app.example/invoices',
    );
    const response = await own.respond(await denial({ permission: WRITE }), null);
    expect([response.status, await response.text()]).toEqual([404, `You lack ${WRITE}`]);
  });
});

describe('the settings of a guard', () => {
  const make = (settings: object) => () =>
    createGuard({ ...settingsFor(scene.clerk), client: clientOf(scene.rolecall), ...settings });

  it('have all their problems told at once', () => {
    expect(
      make({ jwtKey: undefined, issuer: undefined, authorizedParties: undefined, cookieName: 'a b' }),
    ).toThrow(/jwtKey .*issuer .*authorizedParties .*cookieName /);
  });

  it.each([
    ['a private key', () => ({ jwtKey: scene.clerk.privateKeyPem }), 'jwtKey'],
    ['nobody’s tokens', () => ({ authorizedParties: [] }), 'authorizedParties'],
    ['an origin with a path', () => ({ authorizedParties: ['https://app.example/'] }), 'authorizedParties'],
    ['an empty origin', () => ({ authorizedParties: ['https://app.example', ''] }), 'authorizedParties'],
    ['a text for a list', () => ({ authorizedParties: 'https://app.example' }), 'authorizedParties must be'],
    ['an issuer that is no URL', () => ({ issuer: 'clerk' }), 'issuer'],
  ])('are not %s, and their values are kept', (_, settings, named) => {
    expect(make(settings())).toThrow(named);
    expect(make(settings())).not.toThrow(/PRIVATE|app\.example/);
  });

  it('take a key with its line breaks written out, as environments keep them', async () => {
    const jwtKey = scene.clerk.jwtKeyPem.replaceAll('\n', '\\n');
    expect(await outcome(scene.guard({ jwtKey }), withBearer(scene.token()))).toBe('allowed');
  });

  it('let nobody in with a key that is none', async () => {
    const jwtKey = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----';
    await expect(outcome(scene.guard({ jwtKey }), withBearer(scene.token()))).rejects.toThrow();
  });
});

it('knows the permissions of the policy that its client knows', () => {
  const client = createClient<typeof astro>({ url: scene.rolecall.url, token: TOKEN });
  const guard = createGuard({ ...settingsFor(scene.clerk), client });
  expectTypeOf(guard).toEqualTypeOf<Guard<PermissionOf<typeof astro>>>();
  expectTypeOf<{ permission: 'dags:view' }>().toExtend<Parameters<typeof guard.authorize>[1]>();
  expectTypeOf<{ permission: 'dags:veiw' }>().not.toExtend<Parameters<typeof guard.authorize>[1]>();
});
