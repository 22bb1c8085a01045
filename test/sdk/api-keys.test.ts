import { createClerkClient } from '@clerk/backend';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiKeys, createGuard } from '../../src/sdk/guard/index.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { type FakeRolecall, fakeRolecall } from './support/fake-rolecall.ts';
import { clientOf, outcome, READ, settingsFor, WRITE, withBearer } from './support/scene.ts';

let clerk: ServedClerkStandIn;
let rolecall: FakeRolecall;
let apiKeys: ApiKeys;
beforeAll(async () => {
  clerk = await serveClerkStandIn({ autoSend: false });
  rolecall = await fakeRolecall();
  const { secretKey } = clerk.standIn;
  apiKeys = createClerkClient({ secretKey, apiUrl: clerk.url, telemetry: { disabled: true } }).apiKeys;
});
beforeEach(() => {
  clerk.standIn.clearFaults();
  rolecall.asked.length = 0;
  rolecall.answer = null;
  rolecall.may.clear();
  for (const user of ['user_ada', 'user_bob']) rolecall.may.add(`${user} org_acme ${READ}`);
});
afterAll(async () => {
  await clerk.close();
  await rolecall.stop();
});

const guard = (options: object = {}) =>
  createGuard<string>({ ...settingsFor(clerk.standIn), client: clientOf(rolecall), apiKeys, ...options });
const ask = (secret: string, permission = READ, options: object = {}) =>
  outcome(guard(options), withBearer(secret), { permission, organization: 'org_acme' });
const key = (subject: string, details = {}) => clerk.standIn.createApiKey(subject, details);
const refused = (reason: string) => [401, 'unauthenticated', reason];
const forbidden = (reason: string) => [403, 'forbidden', reason];

describe('a key of a user', () => {
  it('may what its user may, in any organization that is asked about', async () => {
    const { id, secret } = key('user_ada', { scopes: ['read'] });
    const authorization = await guard().authorize(withBearer(secret), {
      permission: READ,
      organization: 'org_acme',
    });
    expect(authorization).toEqual({
      allowed: true,
      identity: {
        via: 'api_key',
        key: id,
        user: 'user_ada',
        createdBy: null,
        organization: 'org_acme',
        scopes: ['read'],
      },
    });
    expect(await ask(secret, WRITE)).toEqual(forbidden('missing_permission'));
    // No session stands behind a key: there is no token that could be cut off.
    expect(rolecall.asked.every((one) => one.context === undefined)).toBe(true);
  });

  it('is nothing without its user’s membership', async () => {
    const { secret } = key('user_ada');
    rolecall.may.delete(`user_ada org_acme ${READ}`);
    expect(await ask(secret)).toEqual(forbidden('not_a_member'));
  });

  it('is nothing without the membership of whoever made it', async () => {
    const { secret } = key('user_ada', { createdBy: 'user_bob' });
    expect(await ask(secret)).toBe('allowed');
    rolecall.may.delete(`user_bob org_acme ${READ}`);
    expect(await ask(secret)).toEqual(forbidden('not_a_member'));
  });

  it('needs to be told the organization', async () => {
    const { secret } = key('user_ada');
    expect(await outcome(guard(), withBearer(secret), { permission: READ })).toEqual(
      forbidden('no_organization'),
    );
  });
});

describe('a key of an organization', () => {
  it('may what whoever made it may, there only', async () => {
    const { secret } = key('org_acme', { createdBy: 'user_ada' });
    expect(await ask(secret)).toBe('allowed');
    expect(await outcome(guard(), withBearer(secret), { permission: READ })).toBe('allowed');
    expect(await ask(secret, WRITE)).toEqual(forbidden('missing_permission'));
    rolecall.may.add(`user_ada org_other ${READ}`);
    expect(
      await outcome(guard(), withBearer(secret), { permission: READ, organization: 'org_other' }),
    ).toEqual(forbidden('other_organization'));
  });

  it('is nothing once they were removed', async () => {
    const { secret } = key('org_acme', { createdBy: 'user_ada' });
    rolecall.may.delete(`user_ada org_acme ${READ}`);
    expect(await ask(secret)).toEqual(forbidden('not_a_member'));
  });

  it('that no user made stands for nobody', async () => {
    const { secret } = key('org_acme');
    expect(await ask(secret)).toEqual(forbidden('no_creator'));
    expect(rolecall.asked).toEqual([]);
  });
});

describe('a key is refused', () => {
  it('from the moment that it is revoked', async () => {
    const { id, secret } = key('user_ada');
    expect(await ask(secret)).toBe('allowed');
    clerk.standIn.revokeApiKey(id);
    expect(await ask(secret)).toEqual(refused('revoked_key'));
  });

  it('once it has expired, also where only its time says so', async () => {
    const { secret } = key('user_ada', { lifetimeMs: 60_000 });
    expect(await ask(secret)).toBe('allowed');
    expect(await ask(secret, READ, { now: () => Date.now() + 61_000 })).toEqual(refused('expired_key'));
    expect(await ask(key('user_ada', { lifetimeMs: -1 }).secret)).toEqual(refused('expired_key'));
  });

  it.each([
    ['unknown to Clerk', 'ak_unknown', 'unknown_key'],
    ['the id of one', 'id', 'unknown_key'],
  ])('when it is %s', async (_, secret, reason) => {
    expect(await ask(secret === 'id' ? key('user_ada').id : secret)).toEqual(refused(reason));
    expect(rolecall.asked).toEqual([]);
  });

  it('when a machine has it, or made it', async () => {
    expect(await ask(key('mch_1').secret)).toEqual(refused('unsupported_key'));
    expect(await ask(key('user_ada', { createdBy: 'mch_1' }).secret)).toEqual(refused('unsupported_key'));
  });

  it('where the app takes none', async () => {
    expect(await ask(key('user_ada').secret, READ, { apiKeys: undefined })).toEqual(
      refused('keys_not_taken'),
    );
  });
});

describe('while Clerk cannot be asked, a key opens nothing', () => {
  it.each([
    ['it answers an error', { kind: 'status', status: 500 }],
    ['it has had enough', { kind: 'status', status: 429, retryAfter: 1 }],
    ['a proxy finds nothing', { kind: 'status', status: 404, html: true }],
  ] as const)('because %s', async (_, fault) => {
    const { secret } = key('user_ada');
    clerk.standIn.failApi(fault);
    expect(await ask(secret)).toEqual([503, 'unavailable', 'clerk']);
    expect(rolecall.asked).toEqual([]);
  });

  it('because it does not answer', async () => {
    vi.useFakeTimers();
    try {
      const asked = ask('ak_1', READ, { apiKeys: { verify: () => new Promise(() => undefined) } });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await asked).toEqual([503, 'unavailable', 'clerk']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('because it answers something else', async () => {
    const verify = async () => ({ subject: 'user_ada', revoked: 'no' });
    expect(await ask('ak_1', READ, { apiKeys: { verify } })).toEqual([503, 'unavailable', 'clerk']);
  });
});
