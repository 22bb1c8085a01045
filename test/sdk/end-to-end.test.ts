import { createClerkClient } from '@clerk/backend';
import { type ServerType, serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../src/sdk/guard/index.ts';
import { requirePermission } from '../../src/sdk/hono.ts';
import { createClient, fetchWithFreshToken } from '../../src/sdk/index.ts';
import { READ_TOKEN, type Running, SECRET_KEY, startRolecall } from '../http/support/rolecall.ts';
import { settingsFor } from './support/scene.ts';

const READ = 'org:invoices:read';
const WRITE = 'org:invoices:write';

let rolecall: Running;
let clerkApi: ServerType;
const app = new Hono();
beforeAll(async () => {
  rolecall = await startRolecall();
  const { clerk } = rolecall;
  const apiUrl = await new Promise<string>((resolve) => {
    clerkApi = serve({ fetch: clerk.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
  const guard = createGuard({
    ...settingsFor(clerk),
    client: createClient({ url: rolecall.url, token: READ_TOKEN }),
    apiKeys: createClerkClient({ secretKey: SECRET_KEY, apiUrl, telemetry: { disabled: true } }).apiKeys,
  });
  const organization = (c: Context) => c.req.param('organization');
  app.get('/:organization/invoices', requirePermission(READ, { guard, organization }), (c) =>
    c.text('taken'),
  );
  app.post('/:organization/invoices', requirePermission(WRITE, { guard, organization }), (c) =>
    c.text('taken'),
  );
  clerk.defineRole('org:accountant', 'Accountant', [READ, WRITE]);
  clerk.defineRole('org:auditor', 'Auditor', [READ]);
  clerk.createOrganization({ id: 'org_acme' });
  await deliver();
});
afterAll(async () => {
  clerkApi.close();
  await rolecall.stop();
});

let told = 0;
/** All that Clerk has to tell since the last time. */
async function deliver(): Promise<void> {
  const events = rolecall.clerk.outbox.slice(told);
  told += events.length;
  for (const event of events) await rolecall.post(event.body, { id: event.id });
}

/** A member with a session, which gives tokens. */
async function member(user: string, role: string) {
  const { clerk } = rolecall;
  clerk.createUser({ id: user });
  clerk.addMember('org_acme', user, role);
  const { id: sessionId } = clerk.createSession(user, { organizationId: 'org_acme' });
  await deliver();
  return { token: () => clerk.mintToken({ sessionId }) };
}

const ask = async (method: string, token: string, organization = 'org_acme') => {
  const request = { method, headers: { authorization: `Bearer ${token}` } };
  const response = await app.request(`/${organization}/invoices`, request);
  if (response.ok) return response.text();
  const { error } = (await response.json()) as { error: { code: string; permission?: string } };
  return error.permission === undefined ? error.code : `${error.code} ${error.permission}`;
};

describe('an app, its guard, Rolecall and Clerk', () => {
  it('let a member do what their role may, here', async () => {
    const { token } = await member('user_ada', 'org:accountant');
    expect(await ask('GET', token())).toBe('taken');
    expect(await ask('POST', token())).toBe('taken');
    expect(await ask('GET', token(), 'org_other')).toBe(`forbidden ${READ}`);
  });

  it('refuse a downgraded member’s token at once, and a fresh one only what was lost', async () => {
    const { token } = await member('user_bob', 'org:accountant');
    const before = token();
    rolecall.clerk.changeRole('org_acme', 'user_bob', 'org:auditor');
    await deliver();
    expect(await ask('GET', before)).toBe('token_cut_off');
    const tokens: string[] = [];
    const fetchAsBob = fetchWithFreshToken(
      async (options) => {
        tokens.push(options?.skipCache === true ? token() : before);
        return tokens.at(-1) ?? null;
      },
      async (request) => app.fetch(request),
    );
    const answer = await fetchAsBob('https://app.example/org_acme/invoices');
    expect([answer.status, await answer.text()]).toEqual([200, 'taken']);
    expect(tokens).toHaveLength(2);
    expect(await ask('POST', tokens[1] ?? '')).toBe(`forbidden ${WRITE}`);
  });

  it('refuse a removed member though their token lives on', async () => {
    const { token } = await member('user_cyd', 'org:accountant');
    const before = token();
    expect(await ask('GET', before)).toBe('taken');
    rolecall.clerk.removeMember('org_acme', 'user_cyd');
    await deliver();
    expect(await ask('GET', before)).toBe(`forbidden ${READ}`);
  });

  it('refuse a session that was ended', async () => {
    const { token } = await member('user_dee', 'org:accountant');
    const before = token();
    for (const { id, userId } of rolecall.clerk.state.sessions.values()) {
      if (userId === 'user_dee') rolecall.clerk.endSession(id);
    }
    await deliver();
    expect(await ask('GET', before)).toBe('token_cut_off');
  });

  it('wait for the change that is asked for, and say so when it does not come', async () => {
    await member('user_gus', 'org:auditor');
    const client = createClient({ url: rolecall.url, token: READ_TOKEN, timeoutMs: 30_000 });
    const question = { user: 'user_gus', organization: 'org_acme', permission: READ };
    expect(await client.check({ ...question, atLeastRevision: 1 })).toEqual({ allowed: true });
    await expect(client.check({ ...question, atLeastRevision: 1_000_000 })).rejects.toMatchObject({
      code: 'not_yet',
    });
  });

  it('say the same where the guard asks a local copy, as soon as it has heard', async () => {
    const { token } = await member('user_fay', 'org:accountant');
    const snapshot = createClient({ url: rolecall.url, token: READ_TOKEN }).snapshot();
    await snapshot.ready;
    const guard = createGuard({ ...settingsFor(rolecall.clerk), client: snapshot });
    const before = token();
    const mayWrite = (shown: string) =>
      guard.authorize(
        { headers: new Headers({ authorization: `Bearer ${shown}` }) },
        { permission: WRITE, organization: 'org_acme' },
      );
    expect(await mayWrite(before)).toMatchObject({ allowed: true, identity: { user: 'user_fay' } });
    rolecall.clerk.changeRole('org_acme', 'user_fay', 'org:auditor');
    await deliver();
    await expect.poll(() => mayWrite(before)).toMatchObject({ status: 401, code: 'token_cut_off' });
    snapshot.close();
    expect(await mayWrite(token())).toMatchObject({ status: 503, code: 'unavailable', reason: 'rolecall' });
  });

  it('refuse the keys of members who were removed', async () => {
    const { clerk } = rolecall;
    await member('user_eve', 'org:accountant');
    const own = clerk.createApiKey('user_eve').secret;
    const shared = clerk.createApiKey('org_acme', { createdBy: 'user_eve' }).secret;
    expect([await ask('GET', own), await ask('GET', shared)]).toEqual(['taken', 'taken']);
    clerk.removeMember('org_acme', 'user_eve');
    await deliver();
    expect([await ask('GET', own), await ask('GET', shared)]).toEqual([
      `forbidden ${READ}`,
      `forbidden ${READ}`,
    ]);
  });
});
