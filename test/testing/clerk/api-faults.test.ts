import { createClerkClient } from '@clerk/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../../src/testing/index.ts';

describe('faults of the Backend API', () => {
  let served: ServedClerkStandIn;
  let now: number | undefined;
  beforeEach(async () => {
    now = undefined;
    served = await serveClerkStandIn({
      now: () => now ?? Date.now(),
      rateLimit: { requests: 5, windowMs: 10_000 },
    });
  });
  afterEach(() => served.close());
  const clerk = () =>
    createClerkClient({
      secretKey: served.standIn.secretKey,
      apiUrl: served.url,
      telemetry: { disabled: true },
    });

  it('answer 429 with Retry-After for the next calls, then no more', async () => {
    served.standIn.failApi({ kind: 'status', status: 429, retryAfter: 7, times: 1 });
    await expect(clerk().instance.get()).rejects.toMatchObject({ status: 429, retryAfter: 7 });
    await expect(clerk().instance.get()).resolves.toMatchObject({ id: 'ins_standin' });
  });

  it('come one after the other, on the route they name', async () => {
    served.standIn.failApi({ kind: 'status', status: 500, times: 1, route: 'GET /v1/users/:id' });
    served.standIn.failApi({ kind: 'status', status: 502, html: true, times: 1, route: 'GET /v1/users/:id' });
    const user = served.standIn.createUser();
    await expect(clerk().instance.get()).resolves.toBeDefined();
    await expect(clerk().users.getUser(user.id)).rejects.toMatchObject({ status: 500 });
    await expect(clerk().users.getUser(user.id)).rejects.toMatchObject({ status: 502, errors: [] });
    await expect(clerk().users.getUser(user.id)).resolves.toMatchObject({ id: user.id });
  });

  it('make it slow', async () => {
    served.standIn.failApi({ kind: 'slow', ms: 40, times: 1 });
    const started = performance.now();
    await clerk().instance.get();
    expect(performance.now() - started).toBeGreaterThanOrEqual(35);
  });

  it('leave a call without an answer until the faults are cleared', async () => {
    served.standIn.failApi({ kind: 'hang' });
    let answered = false;
    const call = clerk()
      .instance.get()
      .then(() => {
        answered = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answered).toBe(false);
    served.standIn.clearFaults();
    await call;
    expect(answered).toBe(true);
  });

  it('let go of a caller that gives up', async () => {
    served.standIn.failApi({ kind: 'hang' });
    await expect(fetch(`${served.url}/v1/instance`, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
    await expect.poll(() => served.standIn.calls.total()).toBe(1);
  });

  it('close although a call hangs', async () => {
    const other = await serveClerkStandIn();
    other.standIn.failApi({ kind: 'hang' });
    const call = fetch(`${other.url}/v1/instance`).catch(() => 'cut off');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await other.close();
    await call;
  });

  it('include the rate limit of an instance', async () => {
    now = 1_795_000_000_000;
    for (let i = 0; i < 5; i += 1) await clerk().instance.get();
    const refused: unknown = await clerk()
      .instance.get()
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, errors: [{ code: 'too_many_requests' }] });
    expect(refused).toHaveProperty('retryAfter', 10);
  });
});
