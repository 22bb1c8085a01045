import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import worker from '../../src/runtime/worker.ts';
import { createClerkStandIn } from '../../src/testing/clerk/stand-in.ts';
import { svixHeaders } from '../../src/testing/clerk/webhooks/sign.ts';
import { anyText } from '../support/matchers.ts';

const SIGNING_SECRET = `whsec_${btoa('the secret of tests in workerd!!')}`;
const NEXT_SECRET = `whsec_${btoa('the next secret in workerd tests')}`;
const bindings = {
  HYPERDRIVE: env.HYPERDRIVE,
  CLERK_WEBHOOK_SIGNING_SECRET: `${SIGNING_SECRET} ${NEXT_SECRET}`,
  CLERK_SECRET_KEY: 'sk_test_workerd',
  CLERK_API_URL: 'http://127.0.0.1:9',
  ROLECALL_READ_TOKEN: 'read-in-workerd one@org_one:read-one',
  ROLECALL_OPERATOR_TOKEN: 'operate',
  ROLECALL_MODE: 'paused',
};
/** A port where nothing listens: the database is away. */
const away = { ...bindings, HYPERDRIVE: undefined, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };

const run = crypto.randomUUID().slice(0, 8);
const clerk = createClerkStandIn({ autoSend: false });
const last = () => clerk.outbox.at(-1) ?? { id: '', body: '' };
let sent = 0;

async function call(request: Request, given: object = bindings) {
  const ctx = createExecutionContext();
  const response = await (worker.fetch(request, { ...given }, ctx) as Promise<Response>);
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  const json: unknown = text === '' ? null : JSON.parse(text);
  return { status: response.status, headers: response.headers, json };
}

interface Sending {
  readonly id?: string;
  readonly secret?: string;
  readonly at?: number;
  readonly headers?: Record<string, string>;
  readonly to?: object;
}

async function post(body: BodyInit & (string | Uint8Array), how: Sending = {}) {
  sent += 1;
  const id = how.id ?? `msg_${run}_${sent}`;
  const signed = svixHeaders(how.secret ?? SIGNING_SECRET, id, how.at ?? Date.now(), body);
  const headers = new Headers({ ...signed, ...how.headers });
  const request = new Request('https://worker.test/webhooks/clerk', { method: 'POST', headers, body });
  return { id, ...(await call(request, how.to)) };
}

const get = (path: string, token = 'read-in-workerd') =>
  call(new Request(`https://worker.test${path}`, { headers: { authorization: `Bearer ${token}` } }));

/** What the worker logs, on the console as Workers do. */
const log: string[] = [];
beforeAll(() => {
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: unknown) => void log.push(String(line)));
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe('the worker as wrangler bundles it', () => {
  it('is healthy without a configuration, and says that it is not ready', async () => {
    const health = await exports.default.fetch('https://worker.test/healthz');
    expect(health.status).toBe(200);
    await health.text();
    const ready = await exports.default.fetch('https://worker.test/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ error: { code: 'misconfigured' } });
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });
});

describe('the worker in workerd', () => {
  it('is ready on its database', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
  });

  it('turns signed events into permissions, and a removal into none', async () => {
    const [user, organization] = [`user_${run}`, `org_${run}`];
    const path = `/v1/organizations/${organization}/members/${user}`;
    clerk.createUser({ id: user });
    expect((await post(last().body)).json).toMatchObject({ outcome: 'applied' });
    clerk.createOrganization({ id: organization });
    expect((await post(last().body, { secret: NEXT_SECRET })).json).toMatchObject({ outcome: 'applied' });
    clerk.addMember(organization, user, 'org:member');
    const joined = await post(last().body);
    expect(joined).toMatchObject({ status: 200, json: { delivery: joined.id, outcome: 'applied' } });
    expect((await get(path)).json).toMatchObject({ member: true, role: 'org:member' });
    expect((await post(last().body, { id: joined.id })).json).toMatchObject({ outcome: 'duplicate' });
    expect((await post(`${last().body} `, { id: joined.id })).status).toBe(409);

    clerk.removeMember(organization, user);
    expect((await post(last().body)).json).toMatchObject({ outcome: 'applied' });
    const gone = await get(path);
    expect(gone.json).toMatchObject({
      member: false,
      role: null,
      permissions: [],
      cutoff: anyText,
    });
    expect(gone.headers.get('cache-control')).toBe('no-store');
  });

  it('decides over AuthZEN, and tells where', async () => {
    const [user, organization] = [`user_asked_${run}`, `org_asked_${run}`];
    clerk.createUser({ id: user });
    clerk.createOrganization({ id: organization });
    clerk.addMember(organization, user, 'org:member');
    expect((await post(last().body)).json).toMatchObject({ outcome: 'applied' });
    const ask = (path: string, body: object, token = 'read-in-workerd') =>
      call(
        new Request(`https://worker.test${path}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'x-request-id': run,
          },
          body: JSON.stringify(body),
        }),
      );
    const question = {
      subject: { type: 'user', id: user },
      action: { name: 'org:sys_memberships:read' },
      resource: { type: 'organization', id: organization },
    };
    const allowed = await ask('/access/v1/evaluation', question);
    expect([allowed.status, allowed.json]).toEqual([200, { decision: true }]);
    expect(allowed.headers.get('x-request-id')).toBe(run);
    const manage = { ...question, action: { name: 'org:sys_memberships:manage' } };
    const tenant = `/organizations/${organization}/access/v1`;
    expect((await ask(`${tenant}/evaluations`, { evaluations: [manage, question, {}] })).json).toMatchObject({
      evaluations: [
        { decision: false, context: { reason: 'missing_permission' } },
        { decision: true },
        { decision: false, context: { reason: 'invalid_request' } },
      ],
    });
    expect((await ask(`${tenant}/evaluation`, question, 'read-one')).status).toBe(403);
    expect((await ask('/access/v1/evaluation', question, 'wrong')).status).toBe(401);
    const late = { ...question, context: { at_least_revision: 1e15 } };
    expect(await ask('/access/v1/evaluation', late)).toMatchObject({
      status: 409,
      json: { error: { code: 'not_yet' } },
    });
    const metadata = await call(
      new Request(`https://worker.test/.well-known/authzen-configuration/organizations/${organization}`),
    );
    expect(metadata.json).toMatchObject({
      policy_decision_point: `https://worker.test/organizations/${organization}`,
      access_evaluation_endpoint: `https://worker.test${tenant}/evaluation`,
    });
  });

  it('refuses what is not authentic, for whatever reason, with one answer', async () => {
    const body = '{"type":"user.created"}';
    const answers = [
      await post(body, { secret: `whsec_${btoa('x'.repeat(32))}` }),
      await post(body, { at: Date.now() - 302_000 }),
      await post(body, { headers: { 'svix-timestamp': `${Math.floor(Date.now() / 1000)}abc` } }),
      await post(body, { headers: { 'svix-signature': 'v1,' } }),
      await post(body, { headers: { 'svix-id': '' } }),
      await post(Uint8Array.from([0x7b, 0xff, 0x7d])),
      await call(new Request('https://worker.test/webhooks/clerk', { method: 'POST', body })),
    ];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
  });

  it('refuses a header that came twice, and those of the standard alone', async () => {
    const signed = svixHeaders(SIGNING_SECRET, `msg_${run}_twice`, Date.now(), '{}');
    for (const [name, value] of Object.entries(signed)) {
      const headers = new Headers({ ...signed });
      headers.append(name, String(value));
      const request = new Request('https://worker.test/webhooks/clerk', {
        method: 'POST',
        headers,
        body: '{}',
      });
      expect((await call(request)).status, name).toBe(401);
    }
    const standard = Object.entries(signed).map(([name, value]): [string, string] => [
      name.replace('svix-', 'webhook-'),
      String(value),
    ]);
    const request = new Request('https://worker.test/webhooks/clerk', {
      method: 'POST',
      headers: standard,
      body: '{}',
    });
    expect((await call(request)).status).toBe(401);
  });

  it('takes 512 KiB and refuses more, also where the length is not told', async () => {
    const event = JSON.stringify({ type: 'something.else', timestamp: Date.now(), data: 'x' });
    const padded = (size: number) => event.replace('"x"', `"${'x'.repeat(size - event.length + 1)}"`);
    expect((await post(padded(512 * 1024))).json).toMatchObject({ outcome: 'ignored' });
    expect((await post(padded(512 * 1024 + 1))).status).toBe(413);

    const body = new TextEncoder().encode(padded(600 * 1024));
    const headers = new Headers({ ...svixHeaders(SIGNING_SECRET, `msg_${run}_chunked`, Date.now(), body) });
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const writing = (async () => {
      for (let at = 0; at < body.length; at += 65_536) await writer.write(body.slice(at, at + 65_536));
      await writer.close();
    })().catch(() => undefined);
    const chunked = new Request('https://worker.test/webhooks/clerk', {
      method: 'POST',
      headers,
      body: readable,
    });
    const { status, json } = await call(chunked);
    await writing;
    expect([status, json]).toMatchObject([413, { error: { code: 'payload_too_large' } }]);
  });

  it('stores what it cannot read as failed', async () => {
    for (const body of ['', 'no JSON', 'null', '['.repeat(100_000) + ']'.repeat(100_000)]) {
      expect((await post(body)).json).toMatchObject({ outcome: 'failed' });
    }
  });

  it('answers 401, 403, 400, 404 and 405 as anywhere', async () => {
    const path = '/v1/organizations/org_one/members/user_1';
    expect((await get(path, 'wrong')).status).toBe(401);
    expect((await get(path, 'read-one')).status).toBe(200);
    expect((await get('/v1/organizations/org_two/members/user_1', 'read-one')).status).toBe(403);
    expect((await get('/v1/organizations/%00/members/user_1')).status).toBe(400);
    expect((await get('/v1/organizations/%2e%2e/members/user_1')).status).toBe(404);
    expect((await get('/nothing')).status).toBe(404);
    const wrong = await get('/webhooks/clerk');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('the worker while its database is away', () => {
  const queueThat = (send: (message: string) => void) => ({
    send: async (message: string) => send(message),
  });
  const event = (data: object) => JSON.stringify({ type: 'user.created', timestamp: Date.now(), data });

  it('refuses with a time to come again, where there is no queue', async () => {
    const { status, headers, json } = await post(event({ id: 'user_x', updated_at: 1 }), { to: away });
    expect([status, json]).toMatchObject([503, { error: { code: 'unavailable' } }]);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  it('queues what was signed, and takes it in when the database is back', async () => {
    const queued: string[] = [];
    const user = `user_queued_${run}`;
    const body = event({ id: user, updated_at: 1, note: 'é 🙂' });
    const to = { ...away, SPILL: queueThat((message) => void queued.push(message)) };
    const { id, status, json } = await post(body, {
      to,
      headers: { authorization: 'CANARY', cookie: 'CANARY' },
    });
    expect([status, json]).toEqual([200, { delivery: id, outcome: 'queued' }]);
    expect(queued).toHaveLength(1);
    expect(queued[0]).not.toContain('CANARY');

    const consume = async (given: object) => {
      const message = { id: 'q1', timestamp: new Date(), attempts: 1, body: queued[0] };
      const batch = createMessageBatch('rolecall-spill', [message]);
      const ctx = createExecutionContext();
      await worker.queue(batch, { ...given }, ctx);
      return getQueueResult(batch, ctx);
    };
    expect((await consume(away)).retryMessages).toMatchObject([{ msgId: 'q1' }]);
    expect((await consume(bindings)).explicitAcks).toEqual(['q1']);
    // The sender's own retry now finds it taken.
    expect((await post(body, { id })).json).toEqual({ delivery: id, outcome: 'duplicate' });
  });

  it('does not queue what is not authentic', async () => {
    const queued: string[] = [];
    const to = { ...away, SPILL: queueThat((message) => void queued.push(message)) };
    expect((await post(event({}), { to, secret: `whsec_${btoa('x'.repeat(32))}` })).status).toBe(401);
    expect(queued).toEqual([]);
  });

  it('queues up to 90 KiB, and refuses what no queue could hold', async () => {
    const queued: string[] = [];
    const to = { ...away, SPILL: queueThat((message) => void queued.push(message)) };
    const sized = (size: number) => {
      const short = event({ id: 'user_sized', updated_at: 1, note: '' });
      return short.replace('"note":""', `"note":"${'x'.repeat(size - short.length)}"`);
    };
    expect((await post(sized(90 * 1024), { to })).json).toMatchObject({ outcome: 'queued' });
    expect(queued[0]?.length).toBeLessThan(128_000);
    const large = await post(sized(90 * 1024 + 1), { to });
    expect([large.status, large.headers.get('retry-after')]).toEqual([503, '5']);
    expect(queued).toHaveLength(1);
  });

  it('refuses when the queue is away as well', async () => {
    const to = {
      ...away,
      SPILL: queueThat(() => {
        throw new Error('the queue is away');
      }),
    };
    expect((await post(event({ id: 'user_x', updated_at: 1 }), { to })).status).toBe(503);
  });
});

describe('a worker whose database cannot be found', () => {
  it.each([
    ['no URL', 'CANARY'],
    ['a password that cannot be read', 'postgres://worker:CANARY%@127.0.0.1/main'],
    ['a port that is none', 'postgres://worker:CANARY@127.0.0.1:port/main'],
    ['another kind of database', 'mysql://worker:CANARY@127.0.0.1/main'],
    ['nothing', ''],
  ])('says that it is misconfigured, and in the log which variable it is: %s', async (_, DATABASE_URL) => {
    const to = { ...bindings, HYPERDRIVE: undefined, DATABASE_URL };
    const from = log.length;
    const ready = await call(new Request('https://worker.test/readyz'), to);
    expect([ready.status, ready.json]).toMatchObject([503, { error: { code: 'misconfigured' } }]);
    const answer = await post('{}', { to });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    const said = log.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(said).toHaveLength(2);
    for (const line of said) expect(line).toMatchObject({ event: 'misconfigured', problems: anyText });
    expect(said[0]?.['problems']).toMatch(/^(HYPERDRIVE or )?DATABASE_URL (must be|is missing)/);
    expect(log.slice(from).join()).not.toContain('CANARY');
  });
});

describe('the log of the worker', () => {
  it('says what happened, and no secret, token, signature or payload', async () => {
    const body = '{"type":"email.created","timestamp":1795293922,"data":{"body":"CODE-CANARY"}}';
    await post(body);
    await post(body, { secret: `whsec_${btoa('CANARY of another, 32 bytes long')}` });
    await post(body, { to: away });
    await post(body, { to: { ...away, DATABASE_URL: 'CANARY' } });
    await get('/v1/organizations/org_one/members/user_1', 'TOKEN-CANARY');
    const all = log.join('\n');
    for (const said of ['webhook_refused', 'store_unavailable', '"event":"delivery"', 'misconfigured']) {
      expect(all).toContain(said);
    }
    for (const hidden of [
      'CANARY',
      'read-in-workerd',
      'sk_test_workerd',
      SIGNING_SECRET.slice(6, 30),
      'v1,',
      'postgres://',
    ]) {
      expect(all, hidden).not.toContain(hidden);
    }
  });
});
