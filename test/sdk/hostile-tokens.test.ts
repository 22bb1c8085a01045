import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClerkStandIn, createClerkStandIn } from '../../src/testing/index.ts';
import { outcome, READ, type Scene, startScene, WRITE, withBearer, withCookie } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
beforeEach(() => {
  scene.rolecall.asked.length = 0;
  scene.rolecall.cutOff.clear();
});
afterAll(() => scene.stop());

const seconds = () => Math.floor(Date.now() / 1_000);
/** Claims as Clerk makes them, some of them changed; `undefined` leaves one out. */
const signed = (changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  scene.clerk.signToken(
    {
      azp: scene.clerk.authorizedParty,
      exp: seconds() + 60,
      iat: seconds(),
      iss: scene.clerk.issuer,
      nbf: seconds() - 10,
      o: { id: 'org_acme', rol: 'member' },
      sid: scene.sessionId,
      sts: 'active',
      sub: 'user_ada',
      v: 2,
      ...changes,
    },
    header,
  );
const refusal = async (token: string, options = {}) =>
  outcome(scene.guard(options), withBearer(token), { permission: READ, organization: 'org_acme' });
const refused = (reason: string) => [401, 'unauthenticated', reason];
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** The same token with other claims, and the signature that it had. */
const altered = (token: string, changes: object) => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [header, encoded({ ...(claims as object), ...changes }), signature].join('.');
};
const askedNothing = () => expect(scene.rolecall.asked).toEqual([]);

describe('a token as Clerk makes it', () => {
  it('passes, as a bearer token and as a cookie', async () => {
    expect(await refusal(scene.token())).toBe('allowed');
    expect(await outcome(scene.guard(), withCookie(`theme=dark; __session=${scene.token()}`))).toBe(
      'allowed',
    );
    expect(await refusal(signed())).toBe('allowed');
  });

  it('passes in its first version, whose claims are flat', async () => {
    const first = { v: undefined, o: undefined, sts: undefined, org_id: 'org_acme', org_role: 'org:member' };
    expect(await refusal(signed(first))).toBe('allowed');
    expect(await refusal(signed({ ...first, sts: 'pending' }))).toEqual(refused('not_active'));
    const nowhere = withBearer(signed({ ...first, org_id: undefined }));
    expect(await outcome(scene.guard(), nowhere, { permission: READ })).toEqual([
      403,
      'forbidden',
      'no_organization',
    ]);
    expect(await refusal(signed({ ...first, org_id: 'org_other' }))).toEqual([
      403,
      'forbidden',
      'other_organization',
    ]);
  });
});

describe('a forged token is refused', () => {
  it('when another key signed it', async () => {
    const stranger: ClerkStandIn = createClerkStandIn();
    const { exp, iat } = { exp: seconds() + 60, iat: seconds() };
    const claims = { iss: scene.clerk.issuer, azp: scene.clerk.authorizedParty, sub: 'user_ada', exp, iat };
    expect(await refusal(stranger.signToken(claims))).toEqual(refused('forged'));
    askedNothing();
  });

  it('when its claims were changed after it was signed', async () => {
    expect(await refusal(altered(scene.token(), { sub: 'user_admin' }))).toEqual(refused('forged'));
    askedNothing();
  });

  it('when its signature was taken away', async () => {
    expect(await refusal(scene.token().replace(/[^.]*$/, ''))).toEqual(refused('forged'));
  });

  it('when it says that it needs no signature', async () => {
    const [, payload = ''] = scene.token().split('.');
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${encoded({ alg, typ: 'JWT' })}.${payload}.`;
      expect(await refusal(`${unsigned}AA`), alg).toEqual(refused('wrong_algorithm'));
      expect(await refusal(unsigned), alg).toEqual(refused('wrong_algorithm'));
    }
  });

  it('when the public key was used as the secret of an HMAC', async () => {
    const [, payload = ''] = scene.token().split('.');
    const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
    const hmac = createHmac('sha256', scene.clerk.jwtKeyPem).update(input).digest('base64url');
    expect(await refusal(`${input}.${hmac}`)).toEqual(refused('wrong_algorithm'));
  });

  it('when it brings its own key, by value or by address', async () => {
    const stranger = createClerkStandIn();
    const key = { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, jku: 'https://evil.example', kid: '../../key' };
    expect(await refusal(stranger.signToken({ sub: 'user_ada' }, key))).toEqual(refused('forged'));
  });

  it.each([
    ['another RSA algorithm', { alg: 'RS512' }, 'wrong_algorithm'],
    ['no algorithm', { alg: undefined }, 'wrong_algorithm'],
    ['a list of algorithms', { alg: ['RS256'] }, 'wrong_algorithm'],
    ['no type', { typ: undefined }, 'wrong_type'],
    ['the type of an OAuth access token', { typ: 'at+jwt' }, 'wrong_type'],
    ['an extension that must be understood', { crit: ['b64'], b64: false }, 'malformed'],
  ])('though authentic, when its header has %s', async (_, header, reason) => {
    expect(await refusal(signed({}, header))).toEqual(refused(reason));
  });
});

describe('an authentic token is refused', () => {
  it.each([
    ['expired', () => ({ iat: seconds() - 120, exp: seconds() - 60 }), 'expired'],
    ['that ends before it begins', () => ({ iat: seconds(), exp: seconds() - 1 }), 'expired'],
    ['of another issuer', () => ({ iss: 'https://evil.clerk.accounts.dev' }), 'wrong_issuer'],
    ['of an issuer that begins like ours', () => ({ iss: `${scene.clerk.issuer}.evil` }), 'wrong_issuer'],
    ['of no issuer', () => ({ iss: undefined }), 'wrong_issuer'],
    ['of many issuers', () => ({ iss: [scene.clerk.issuer] }), 'wrong_issuer'],
    ['made for another app', () => ({ azp: 'https://evil.example' }), 'wrong_authorized_party'],
    ['made for no app', () => ({ azp: undefined }), 'wrong_authorized_party'],
    ['of a session with tasks to do', () => ({ sts: 'pending' }), 'not_active'],
    ['of a session that does not say its state', () => ({ sts: undefined }), 'not_active'],
    ['of an impersonated user', () => ({ act: { sub: 'user_staff' } }), 'impersonated'],
    ['of a user impersonated by nobody', () => ({ act: null }), 'impersonated'],
    ['that lives ten years', () => ({ exp: seconds() + 315_360_000 }), 'lives_too_long'],
    ['that lives 301 seconds', () => ({ exp: seconds() + 301 }), 'lives_too_long'],
    ['that never ends', () => ({ exp: undefined }), 'no_time'],
    ['without the time of its issue', () => ({ iat: undefined }), 'no_time'],
    ['issued within a second', () => ({ iat: seconds() + 0.5 }), 'no_time'],
    ['issued at a time in words', () => ({ iat: String(seconds()) }), 'no_time'],
    ['issued before all times', () => ({ iat: -1, exp: 60 }), 'no_time'],
    ['with a start that is no time', () => ({ nbf: 'soon' }), 'no_time'],
    ['issued in the future', () => ({ iat: seconds() + 30, exp: seconds() + 60 }), 'issued_in_the_future'],
    ['that begins in the future', () => ({ nbf: seconds() + 30 }), 'issued_in_the_future'],
    ['of no session', () => ({ sid: undefined }), 'no_session'],
    ['of an empty session', () => ({ sid: '' }), 'no_session'],
    ['of a machine', () => ({ sub: 'mch_1' }), 'no_user'],
    ['of nobody', () => ({ sub: undefined }), 'no_user'],
    ['of a user with a space', () => ({ sub: 'user_ada org_acme' }), 'no_user'],
    ['of an organization that is no id', () => ({ o: { id: 'org/acme' } }), 'malformed'],
    ['of an organization without an id', () => ({ o: {} }), 'malformed'],
    ['of a version to come', () => ({ v: 3 }), 'malformed'],
  ])('%s', async (_, changes, reason) => {
    expect(await refusal(signed(changes()))).toEqual(refused(reason));
    askedNothing();
  });

  it('when its claims are none', async () => {
    const none = JSON.parse('null') as Record<string, unknown>;
    expect(await refusal(scene.clerk.signToken(none))).toEqual(refused('malformed'));
  });

  it('when it was cut off: Rolecall knows, the token cannot', async () => {
    const token = scene.token({ issuedAt: Date.now() - 10_000 });
    expect(await refusal(token)).toBe('allowed');
    scene.rolecall.cutOff.set('user_ada', seconds() - 5);
    expect(await refusal(token)).toEqual([401, 'token_cut_off', 'token_cut_off']);
    expect(await refusal(scene.token())).toBe('allowed');
  });

  it('when Rolecall knows its session as that of somebody else', async () => {
    scene.rolecall.answer = (response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"decision":false,"context":{"reason":"invalid_token"}}');
    expect(await refusal(signed({ sid: 'sess_of_bob' }))).toEqual(refused('invalid_token'));
    scene.rolecall.answer = null;
  });

  it('outside its own organization, and where it has none', async () => {
    scene.rolecall.may.add(`user_ada org_other ${READ}`);
    const forbidden = (reason: string) => [403, 'forbidden', reason];
    const guard = scene.guard();
    const other = { permission: READ, organization: 'org_other' };
    expect(await outcome(guard, withBearer(scene.token()), other)).toEqual(forbidden('other_organization'));
    expect(await outcome(guard, withBearer(signed({ o: undefined })), other)).toEqual(
      forbidden('other_organization'),
    );
    expect(await outcome(guard, withBearer(signed({ o: undefined })), { permission: READ })).toEqual(
      forbidden('no_organization'),
    );
    askedNothing();
  });

  it('whatever role and permissions it claims: they are not read', async () => {
    const claims = { o: { id: 'org_acme', rol: 'admin', per: 'read,write', fpm: '3' }, fea: 'o:invoices' };
    const more = {
      org_role: 'org:admin',
      org_permissions: [WRITE],
      role: 'admin',
      metadata: { role: 'admin' },
    };
    const wanted = { permission: WRITE, organization: 'org_acme' };
    expect(await outcome(scene.guard(), withBearer(signed({ ...claims, ...more })), wanted)).toEqual([
      403,
      'forbidden',
      'missing_permission',
    ]);
    expect(JSON.stringify(scene.rolecall.asked)).not.toContain('admin');
  });
});

describe('clocks that differ', () => {
  it('are forgiven five seconds, either way', async () => {
    expect(await refusal(signed({ iat: seconds() + 4, exp: seconds() + 60 }))).toBe('allowed');
    expect(await refusal(signed({ iat: seconds() - 60, exp: seconds() - 3 }))).toBe('allowed');
  });

  it('are the app’s to set', async () => {
    const later = () => Date.now() + 120_000;
    expect(await refusal(scene.token(), { now: later })).toEqual(refused('expired'));
  });
});

describe('impersonation', () => {
  it('passes where the app allows it, and tells who it is', async () => {
    const guard = scene.guard({ allowImpersonation: true });
    const authorization = await guard.authorize(withBearer(signed({ act: { sub: 'user_staff' } })), {
      permission: READ,
    });
    expect(authorization).toMatchObject({
      allowed: true,
      identity: { user: 'user_ada', actor: 'user_staff' },
    });
    expect(await outcome(guard, withBearer(signed({ act: { sub: 7 } })))).toEqual(refused('impersonated'));
  });
});

describe('the source of the token', () => {
  const guard = () => scene.guard();

  it('is one: two that differ are refused, though each would pass', async () => {
    const [one, other] = [signed({ jti: 'a' }), signed({ jti: 'b' })];
    const both = (cookie: string) => withBearer(one, { headers: { cookie } });
    expect(await outcome(guard(), both(`__session=${other}`))).toEqual(refused('two_tokens'));
    expect(await outcome(guard(), both(`__session=${one}`))).toBe('allowed');
    expect(await outcome(guard(), both('__session='))).toBe('allowed');
  });

  it('is not a second cookie of the same name, which a neighbouring domain can set', async () => {
    const [one, other] = [signed({ jti: 'a' }), signed({ jti: 'b' })];
    expect(await outcome(guard(), withCookie(`__session=${one}; __session=${other}`))).toEqual(
      refused('two_tokens'),
    );
  });

  it.each([
    ['nothing', {}, 'no_token'],
    ['an empty bearer', { authorization: 'Bearer ' }, 'malformed'],
    ['two bearers in one', { authorization: 'Bearer a.b.c, Bearer d.e.f' }, 'malformed'],
    ['no token at all', { authorization: 'Bearer garbage' }, 'malformed'],
    ['three empty parts', { authorization: 'Bearer ..' }, 'malformed'],
    ['parts that are no JSON', { authorization: 'Bearer AAAA.AAAA.AAAA' }, 'malformed'],
    ['a header that is null', { authorization: `Bearer ${encoded(null)}.e30.AA` }, 'malformed'],
    ['another scheme', { authorization: 'Basic dXNlcjpwdw==' }, 'no_token'],
    ['a cookie with a longer name', { cookie: '__session_old=a.b.c; x__session=a.b.c' }, 'no_token'],
    ['an API key in a cookie', { cookie: '__session=ak_1234' }, 'malformed'],
  ])('is not %s', async (_, headers: Record<string, string>, reason) => {
    expect(await outcome(guard(), new Request('https://app.example', { headers }))).toEqual(refused(reason));
  });

  it('is not a very long one, though it is authentic', async () => {
    expect(await refusal(signed({ pad: 'x'.repeat(9_000) }))).toEqual(refused('malformed'));
  });

  it('is not a bearer that cannot be read and then the cookie', async () => {
    const headers = { authorization: 'Bearer not a token', cookie: `__session=${scene.token()}` };
    expect(await outcome(guard(), new Request('https://app.example', { headers }))).toEqual(
      refused('malformed'),
    );
  });

  it('may be a cookie beside an authorization of another kind', async () => {
    const headers = { authorization: 'Basic dXNlcjpwdw==', cookie: `__session=${scene.token()}` };
    expect(await outcome(guard(), new Request('https://app.example', { headers }))).toBe('allowed');
  });

  it('may be a cookie of another name', async () => {
    const suffixed = scene.guard({ cookieName: '__session_Ab3-_x' });
    expect(await outcome(suffixed, withCookie(`__session_Ab3-_x=${scene.token()}`))).toBe('allowed');
    expect(await outcome(suffixed, withCookie(`__session=${scene.token()}`))).toEqual(refused('no_token'));
  });
});
