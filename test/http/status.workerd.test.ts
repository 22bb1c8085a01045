import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import worker from '../../src/runtime/worker.ts';
import { createClerkStandIn } from '../../src/testing/clerk/stand-in.ts';
import { svixHeaders } from '../../src/testing/clerk/webhooks/sign.ts';
import { type Exposed, readExposition } from './support/exposition.ts';

const SIGNING_SECRET = `whsec_${btoa('the secret of status in workerd!')}`;
const bindings = {
  HYPERDRIVE: env.HYPERDRIVE,
  CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
  CLERK_SECRET_KEY: 'sk_test_workerd',
  CLERK_API_URL: 'http://127.0.0.1:9',
  ROLECALL_READ_TOKEN: 'read-in-workerd',
  ROLECALL_OPERATOR_TOKEN: 'look+read:look-in-workerd',
  ROLECALL_MODE: 'paused',
};

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const ctx = createExecutionContext();
  const headers = new Headers({ authorization: 'Bearer look-in-workerd', ...init.headers });
  const request = new Request(`https://worker.test${path}`, { ...init, headers });
  const response = await (worker.fetch(request, { ...bindings }, ctx) as Promise<Response>);
  await waitOnExecutionContext(ctx);
  return response;
}

beforeAll(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

const users = (metrics: Map<string, Exposed>) =>
  metrics
    .get('rolecall_deliveries_total')
    ?.samples.find(({ labels }) => labels['type'] === 'user.created' && labels['outcome'] === 'applied')
    ?.value ?? 0;

test('in workerd, where no process remembers anything, figures grow from request to request', async () => {
  const before = users(readExposition(await (await call('/metrics')).text()));
  const run = crypto.randomUUID().slice(0, 8);
  const clerk = createClerkStandIn({ autoSend: false });
  for (const n of [1, 2, 3]) clerk.createUser({ id: `user_${run}_${n}` });
  for (const [n, { body }] of clerk.outbox.entries()) {
    const headers = { ...svixHeaders(SIGNING_SECRET, `msg_${run}_${n}`, Date.now(), body) };
    expect((await call('/webhooks/clerk', { method: 'POST', headers, body })).status).toBe(200);
  }
  expect(users(readExposition(await (await call('/metrics')).text()))).toBeGreaterThanOrEqual(before + 3);
  const status: unknown = await (await call('/operator/v1/status')).json();
  expect(status).toMatchObject({
    mode: 'paused',
    arrivals: { last_received_at: expect.any(String) as string },
  });
  const activity: unknown = await (await call('/operator/v1/activity?minutes=5')).json();
  expect(activity).toMatchObject({ step_seconds: 60, points: { length: 5 } });
});
