import { verifyToken } from '@clerk/backend';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../../src/testing/index.ts';

describe('the control API', () => {
  let served: ServedClerkStandIn;
  beforeEach(async () => {
    served = await serveClerkStandIn();
  });
  afterEach(() => served.close());

  const ask = async (path: string, body?: unknown) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${served.url}/stand-in/${path}`, init);
    const value: unknown = await response.json();
    return { status: response.status, value };
  };
  const scene = async () => {
    await ask('createUser', { id: 'user_ada', email: 'ada@example.com' });
    await ask('createOrganization', { id: 'org_acme', createdBy: 'user_ada' });
  };

  it('has every change of the stand-in under its own name', async () => {
    const { standIn } = served;
    const notChanges =
      /^(mint|sign|stateAt|access|now|settled|pending|close|fetch|sameInstant|deliver|resend|add(Endpoint)|remove(Endpoint)|pause|resume|discard|fail|clearFaults)/;
    const methods = Object.entries(standIn).flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : [],
    );
    for (const name of methods.filter((name) => !notChanges.test(name))) {
      expect(JSON.stringify((await ask(name, {})).value)).not.toContain('No verb or view was found');
    }
  });

  it('changes the instance and shows what it became', async () => {
    await scene();
    expect((await ask('access')).value).toMatchObject([{ userId: 'user_ada', role: 'org:admin' }]);
    await ask('defineRole', { key: 'org:editor', name: 'Editor', permissions: ['org:posts:edit'] });
    await ask('changeRole', { organizationId: 'org_acme', userId: 'user_ada', role: 'org:editor' });
    const { at } = served.standIn.history.at(-1) ?? { at: 0 };
    expect((await ask(`access?at=${at - 1}`)).value).toMatchObject([{ role: 'org:admin' }]);
    expect((await ask(`access?at=${at}`)).value).toMatchObject([{ permissions: ['org:posts:edit'] }]);
    expect((await ask('removeMember', { organizationId: 'org_acme', userId: 'user_ada' })).value).toBe(null);
    expect((await ask('state')).value).toMatchObject({ memberships: [], users: [{ id: 'user_ada' }] });
    expect((await ask('history?after=1')).value).toHaveLength(served.standIn.history.length - 1);
  });

  it('refuses as Clerk would, and says what of a body does not fit', async () => {
    await scene();
    const unknown = await ask('addMember', {
      organizationId: 'org_acme',
      userId: 'user_none',
      role: 'org:member',
    });
    expect(unknown).toMatchObject({ status: 404, value: { errors: [{ code: 'resource_not_found' }] } });
    expect(await ask('addMember', { organizationId: 'org_acme' })).toMatchObject({ status: 400 });
    expect(await ask('constructor', {})).toMatchObject({ status: 404 });
    const broken = await fetch(`${served.url}/stand-in/createUser`, { method: 'POST', body: '{' });
    expect(broken.status).toBe(400);
  });

  it('mints tokens that its own key verifies', async () => {
    await scene();
    const session = v.parse(
      v.object({ id: v.string() }),
      (await ask('createSession', { userId: 'user_ada', organizationId: 'org_acme' })).value,
    );
    const { jwt } = v.parse(
      v.object({ jwt: v.string() }),
      (await ask('mintToken', { sessionId: session.id })).value,
    );
    const instance = v.parse(v.object({ jwtKeyPem: v.string() }), (await ask('instance')).value);
    expect(await verifyToken(jwt, { jwtKey: instance.jwtKeyPem })).toMatchObject({ sid: session.id });
    await ask('revokeSession', { sessionId: session.id });
    expect((await ask('revocations')).value).toMatchObject([{ sessionId: session.id }]);
    expect((await ask('sessions?userId=user_ada')).value).toMatchObject([{ status: 'revoked' }]);
  });

  it('steers the webhooks and their faults', async () => {
    const bodies: string[] = [];
    served.standIn.addEndpoint({
      url: 'http://rolecall.test/',
      fetch: async (request) => {
        bodies.push(await request.text());
        return new Response(null, { status: 200 });
      },
    });
    await ask('pause', {});
    await scene();
    expect(bodies).toEqual([]);
    await ask('failWebhooks', { kind: 'lose', times: 1 });
    await ask('resume', {});
    expect((await ask('settled')).value).toEqual({ pending: 0 });
    expect(bodies).toHaveLength(served.standIn.outbox.length - 1);
    expect((await ask('messages')).value).toMatchObject([
      { status: 'lost' },
      { status: 'delivered' },
      { status: 'delivered' },
    ]);
    const eventId = served.standIn.outbox[0]?.id;
    expect((await ask('outbox')).value).toMatchObject([{ id: eventId, type: 'user.created' }, {}, {}]);
    expect((await ask('deliver', { eventId, at: 0 })).value).toEqual({ status: 200, body: '' });
    expect((await ask('signed', { eventId, id: 'msg_1' })).value).toMatchObject({
      headers: { 'svix-id': 'msg_1' },
    });
    await ask('failApi', { kind: 'status', status: 503, times: 1 });
    expect((await fetch(`${served.url}/v1/instance`)).status).toBe(503);
    expect((await ask('calls')).value).toMatchObject({ byRoute: { 'GET /v1/instance': 1 } });
  });
});
