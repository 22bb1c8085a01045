import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchWithFreshToken } from '../../src/sdk/index.ts';

const CUT_OFF = { error: { code: 'token_cut_off', message: 'Fetch a fresh one.' } };
const URL_OF_APP = 'https://app.example/invoices';

/** An app that takes the given tokens, and a Clerk whose cache gives out the old one. */
const scene = (taken: readonly string[], fresh: string | null = 'fresh') => {
  const sent: { token: string | null; body: string; credentials: string }[] = [];
  const skipped: (boolean | undefined)[] = [];
  const app = fetchWithFreshToken(
    async (options) => {
      skipped.push(options?.skipCache);
      return options?.skipCache === true ? fresh : 'old';
    },
    async (request) => {
      const token = request.headers.get('authorization');
      sent.push({ token, body: await request.text(), credentials: request.credentials });
      return taken.includes(token ?? '') ? new Response('taken') : Response.json(CUT_OFF, { status: 401 });
    },
  );
  return { app, sent, skipped };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What it gives, once all that it waits for has passed. */
const passing = async <T>(promise: Promise<T>): Promise<T> => {
  await vi.runAllTimersAsync();
  return promise;
};

describe('a request with a token that was cut off', () => {
  it('is sent once more with a fresh one, body and all', async () => {
    const { app, sent, skipped } = scene(['Bearer fresh']);
    const answer = await passing(app(URL_OF_APP, { method: 'POST', body: 'an invoice' }));
    expect(await answer.text()).toBe('taken');
    expect(sent).toEqual([
      { token: 'Bearer old', body: 'an invoice', credentials: 'omit' },
      { token: 'Bearer fresh', body: 'an invoice', credentials: 'omit' },
    ]);
    expect(skipped).toEqual([undefined, true]);
  });

  it('waits for the second of the cutoff to pass: a token of that second is refused too', async () => {
    const { app, skipped } = scene(['Bearer fresh']);
    const answer = app(URL_OF_APP);
    await vi.advanceTimersByTimeAsync(999);
    expect(skipped).toEqual([undefined]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).status).toBe(200);
  });

  it('is not sent a third time', async () => {
    const { app, sent } = scene([]);
    const answer = await passing(app(URL_OF_APP));
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual(CUT_OFF);
    expect(sent).toHaveLength(2);
  });

  it('gets the first answer back when the user is signed out meanwhile', async () => {
    const { app, sent } = scene([], null);
    expect(await (await passing(app(URL_OF_APP))).json()).toEqual(CUT_OFF);
    expect(sent).toHaveLength(1);
  });
});

describe('any other answer', () => {
  it.each([
    ['a success', () => new Response('taken')],
    ['a 403 that says so', () => Response.json(CUT_OFF, { status: 403 })],
    [
      'a 401 of another cause',
      () => Response.json({ error: { code: 'unauthenticated', message: '' } }, { status: 401 }),
    ],
    ['a 401 that is no JSON', () => new Response('<html>', { status: 401 })],
    ['a 401 that is empty', () => new Response(null, { status: 401 })],
  ])('is given back as it is, read by nobody: %s', async (_, make) => {
    let sent = 0;
    const app = fetchWithFreshToken(
      async () => 'old',
      async () => {
        sent += 1;
        return make();
      },
    );
    const answer = await app(URL_OF_APP);
    expect(await answer.text()).toBe(await make().text());
    expect(sent).toBe(1);
  });
});

it('sends no token for whoever is signed out, also not one of their own making', async () => {
  const sent: (string | null)[] = [];
  const app = fetchWithFreshToken(
    async () => null,
    async (request) => {
      sent.push(request.headers.get('authorization'));
      return new Response();
    },
  );
  await app(URL_OF_APP, { headers: { authorization: 'Bearer stale' } });
  expect(sent).toEqual([null]);
});

it('sends cookies where that is asked for', async () => {
  const { app, sent } = scene(['Bearer old']);
  await app(URL_OF_APP, { credentials: 'include' });
  expect(sent.map((one) => one.credentials)).toEqual(['include']);
});
