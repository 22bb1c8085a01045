import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'svix';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ClerkStandIn,
  type ClerkStandInOptions,
  createClerkStandIn,
  svixSignature,
} from '../../../src/testing/index.ts';

interface Received {
  readonly id: string;
  readonly type: string;
  readonly verified: boolean;
}

/** An endpoint in this process, that answers what it is told to and remembers what came. */
const endpoint = (answers: readonly number[] = []) => {
  const received: Received[] = [];
  const secret = `whsec_${Buffer.from('another secret of 24 bytes or more').toString('base64')}`;
  const receive = async (request: Request): Promise<Response> => {
    const body = await request.text();
    let verified = true;
    try {
      new Webhook(secret).verify(body, Object.fromEntries(request.headers));
    } catch {
      verified = false;
    }
    const { type } = v.parse(v.object({ type: v.string() }), JSON.parse(body));
    received.push({ id: request.headers.get('svix-id') ?? '', type, verified });
    return new Response(null, { status: answers[received.length - 1] ?? 200 });
  };
  return {
    received,
    secret,
    receive,
    at: { url: 'http://rolecall.test/hook', signingSecret: secret, fetch: receive },
  };
};

const FAST: readonly number[] = [1, 1, 1];
let open: ClerkStandIn[] = [];
const make = (options: ClerkStandInOptions = {}) => {
  const standIn = createClerkStandIn({ retrySchedule: FAST, seed: 1, ...options });
  open.push(standIn);
  return standIn;
};
afterEach(() => {
  for (const standIn of open) standIn.close();
  open = [];
});

describe('signing', () => {
  it('matches the known vector', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(svixSignature(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('can be of another time, secret, id or body', () => {
    const standIn = make({ autoSend: false });
    standIn.createUser();
    const [event] = standIn.outbox;
    if (event === undefined) throw new Error('no event');
    const { headers, body } = standIn.signed(event, { at: 5_999, id: 'msg_x', body: '{}' });
    expect(headers).toMatchObject({ 'svix-id': 'msg_x', 'svix-timestamp': '5' });
    expect(headers['svix-signature']).toBe(svixSignature(standIn.signingSecret, 'msg_x', 5, body));
    const usual = standIn.signed(event);
    expect(() => new Webhook(standIn.signingSecret).verify(usual.body, { ...usual.headers })).not.toThrow();
  });
});

describe('sending', () => {
  it('delivers every event, signed with the secret of the endpoint, and settles', async () => {
    const target = endpoint();
    const standIn = make({ endpoints: [target.at] });
    const user = standIn.createUser();
    standIn.updateUser(user.id, { firstName: 'Ada' });
    await standIn.settled();
    expect(target.received).toEqual([
      { id: standIn.outbox[0]?.id, type: 'user.created', verified: true },
      { id: standIn.outbox[1]?.id, type: 'user.updated', verified: true },
    ]);
    expect(standIn.deliveries.map((attempt) => attempt.status)).toEqual([200, 200]);
    expect(standIn.pending()).toBe(0);
  });

  it('retries with the same id until it is taken', async () => {
    const target = endpoint([500, 302, 200]);
    const standIn = make({ endpoints: [target.at] });
    standIn.createUser();
    await standIn.settled();
    expect(new Set(target.received.map((one) => one.id)).size).toBe(1);
    expect(standIn.deliveries.map((attempt) => [attempt.number, attempt.status])).toEqual([
      [1, 500],
      [2, 302],
      [3, 200],
    ]);
    expect(standIn.messages.map((message) => message.status)).toEqual(['delivered']);
  });

  it('gives up after the schedule, and sends again by hand', async () => {
    const target = endpoint([500, 500, 500, 500]);
    const standIn = make({ endpoints: [target.at] });
    standIn.createUser();
    await standIn.settled();
    expect(target.received).toHaveLength(FAST.length + 1);
    expect(standIn.messages[0]?.status).toBe('failed');
    standIn.resend(standIn.outbox[0]?.id ?? '');
    await standIn.settled();
    expect(standIn.messages[0]?.status).toBe('delivered');
    expect(new Set(target.received.map((one) => one.id)).size).toBe(1);
  });

  it('counts no answer within the time allowed as a failure', async () => {
    const standIn = make({
      endpoints: [{ url: 'http://rolecall.test/', fetch: () => new Promise(() => undefined) }],
      attemptTimeout: 5,
      retrySchedule: [],
    });
    standIn.createUser();
    await standIn.settled();
    expect(standIn.deliveries).toMatchObject([{ status: undefined, error: 'timed out' }]);
  });

  it('sends each event to each endpoint under an id of its own', async () => {
    const [one, two] = [endpoint(), endpoint()];
    const standIn = make({ endpoints: [one.at] });
    standIn.addEndpoint({ ...two.at, url: 'http://rolecall.test/second' });
    standIn.createUser();
    await standIn.settled();
    expect(one.received).toHaveLength(1);
    expect(two.received).toHaveLength(1);
    expect(one.received[0]?.id).not.toBe(two.received[0]?.id);
    standIn.removeEndpoint('http://rolecall.test/second');
    standIn.createUser();
    await standIn.settled();
    expect(two.received).toHaveLength(1);
  });

  it('over the network keeps the body as signed', async () => {
    const target = endpoint();
    const server = createServer((incoming, outgoing) => {
      const answer = async () => {
        const headers = new Headers();
        for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
        const init = { method: 'POST', headers, body: await buffer(incoming) };
        const { status } = await target.receive(new Request('http://rolecall.test/', init));
        outgoing.writeHead(status).end();
      };
      answer().catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const standIn = make({
      endpoints: [{ url: `http://127.0.0.1:${port}/hook`, signingSecret: target.secret }],
    });
    standIn.createUser({ firstName: 'Zoë 🧭' });
    await standIn.settled();
    expect(target.received).toMatchObject([{ verified: true }]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('waits in manual mode for deliver, and tells what was answered', async () => {
    const target = endpoint([401]);
    const standIn = make({ endpoints: [target.at], autoSend: false });
    standIn.createUser();
    const [event] = standIn.outbox;
    if (event === undefined) throw new Error('no event');
    expect(target.received).toEqual([]);
    expect((await standIn.deliver(event)).status).toBe(401);
    expect((await standIn.deliver(event)).status).toBe(200);
    const elsewhere = await standIn.deliver(event, { to: () => new Response('taken', { status: 202 }) });
    expect(elsewhere).toMatchObject({ status: 202, body: 'taken' });
    expect(target.received).toHaveLength(2);
  });

  it('holds events while paused, and sends them on resume or forgets them', async () => {
    const target = endpoint();
    const standIn = make({ endpoints: [target.at] });
    standIn.pause();
    standIn.createUser();
    standIn.discard();
    standIn.createUser();
    expect(target.received).toEqual([]);
    standIn.resume();
    await standIn.settled();
    expect(target.received.map((one) => one.id)).toEqual([standIn.outbox[1]?.id]);
  });

  it('settles when closed with messages still under way', async () => {
    const standIn = make({ endpoints: [endpoint([500, 500, 500, 500]).at], retrySchedule: [60_000] });
    standIn.createUser();
    const settled = standIn.settled();
    standIn.close();
    await settled;
    expect(standIn.pending()).toBe(0);
  });
});

describe('faults on the way', () => {
  const joined = async (fault: Parameters<ClerkStandIn['failWebhooks']>[0], users = 3) => {
    const target = endpoint();
    const standIn = make({ endpoints: [target.at] });
    standIn.failWebhooks(fault);
    for (let i = 0; i < users; i += 1) standIn.createUser();
    await standIn.settled();
    return { standIn, target, sent: standIn.outbox.map((event) => event.id) };
  };

  it('lose an event, which can be sent again later', async () => {
    const { standIn, target, sent } = await joined({ kind: 'lose', times: 1 });
    expect(target.received.map((one) => one.id)).toEqual(sent.slice(1));
    expect(standIn.messages[0]?.status).toBe('lost');
    standIn.resend(sent[0] ?? '');
    await standIn.settled();
    expect(target.received.at(-1)?.id).toBe(sent[0]);
  });

  it('duplicate an event under the same id', async () => {
    const { target, sent } = await joined({ kind: 'duplicate', copies: 2, times: 1 });
    expect(target.received.filter((one) => one.id === sent[0])).toHaveLength(3);
    expect(target.received).toHaveLength(5);
  });

  it('delay an event, so that later ones overtake it', async () => {
    const { target, sent } = await joined({ kind: 'delay', ms: 15, times: 1 });
    expect(target.received.map((one) => one.id)).toEqual([...sent.slice(1), sent[0]]);
  });

  it('reorder, losing nothing, the same way for the same seed', async () => {
    const one = await joined({ kind: 'reorder', window: 4, ms: 5 }, 12);
    const ids = one.target.received.map((received) => received.id);
    expect(ids).not.toEqual(one.sent);
    expect([...ids].sort()).toEqual([...one.sent].sort());
    const two = await joined({ kind: 'reorder', window: 4, ms: 5 }, 12);
    expect(two.target.received.map((received) => received.id)).toEqual(ids);
  });

  it('touch only the types and the share they name', async () => {
    const target = endpoint();
    const standIn = make({ endpoints: [target.at] });
    standIn.failWebhooks({ kind: 'lose', types: ['user.updated'] });
    standIn.failWebhooks({ kind: 'lose', probability: 0 });
    const user = standIn.createUser();
    standIn.updateUser(user.id, {});
    standIn.clearFaults();
    standIn.updateUser(user.id, {});
    await standIn.settled();
    expect(target.received.map((one) => one.type)).toEqual(['user.created', 'user.updated']);
  });
});
