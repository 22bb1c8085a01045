import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import worker from '../../src/runtime/worker.ts';
import { svixHeaders } from '../../src/testing/clerk/webhooks/sign.ts';

const SIGNING_SECRET = `whsec_${btoa('the secret of tests in workerd!!')}`;
const bindings = {
  HYPERDRIVE: env.HYPERDRIVE,
  CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
  CLERK_SECRET_KEY: 'sk_test_workerd',
  CLERK_API_URL: 'http://127.0.0.1:9',
  ROLECALL_READ_TOKEN: 'read-in-workerd',
  ROLECALL_OPERATOR_TOKEN: 'operate',
  ROLECALL_MODE: 'paused',
};
const run = crypto.randomUUID().slice(0, 8);

beforeAll(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** Asks the shared database; a connection does not outlive the test that opened it. */
async function ask(statement: string): Promise<readonly postgres.Row[]> {
  const sql = postgres(env.HYPERDRIVE.connectionString, { max: 1, fetch_types: false, prepare: false });
  return await sql.unsafe(statement).simple();
}

async function everyMinute(): Promise<void> {
  const ctx = createExecutionContext();
  await worker.scheduled(createScheduledController(), { ...bindings }, ctx);
  await waitOnExecutionContext(ctx);
}

test('every minute it tries again what failed, notes its mode, and forgets what is old', async () => {
  const id = `msg_again_${run}`;
  const old = `msg_old_${run}`;
  const body = JSON.stringify({
    ...{ type: 'user.created', object: 'event', timestamp: Date.now() },
    data: { id: `user_again_${run}`, updated_at: Date.now() },
  });
  await ask(`
    insert into rolecall.inbox (id, source, type, body, body_sha256, outcome, reason, received_at, retry_at)
    values ('${id}', 'webhook', 'user.created', convert_to('${body}', 'utf8'), sha256(convert_to('${body}', 'utf8')),
            'failed', 'refused_by_database', now(), now()),
           ('${old}', 'webhook', 'user.updated', 'x', '\\x00', 'applied', 'newer', now() - interval '31 days', null)`);
  await ask('update rolecall.operations set pruned_at = null');
  await everyMinute();
  const rows = await ask(`
    select id, outcome, body is not null as kept from rolecall.inbox where id in ('${id}', '${old}') order by id`);
  expect([...rows]).toEqual([
    { id, outcome: 'applied', kept: true },
    { id: old, outcome: 'applied', kept: false },
  ]);
  const modes = await ask(`select operator, subject from rolecall.operator_actions where action = 'mode'`);
  expect([...modes]).toContainEqual({ operator: 'configuration', subject: 'paused' });
});

test('a dead letter of the queue is in the inbox before it is acknowledged, believed or not', async () => {
  const letter = (secret: string, user: string) => {
    const body = JSON.stringify({
      ...{ type: 'user.created', object: 'event', timestamp: Date.now() },
      data: { id: user, updated_at: Date.now() },
    });
    const headers = svixHeaders(secret, `msg_${user}`, Date.now(), body);
    return JSON.stringify({ headers, body: btoa(body), receivedAt: Date.now() });
  };
  const [good, lost] = [`user_dead_${run}`, `user_lost_${run}`];
  const bodies = [
    letter(SIGNING_SECRET, good),
    letter(`whsec_${btoa('a secret that was taken back....')}`, lost),
    7,
  ];
  const batch = createMessageBatch(
    'rolecall-spill-dead',
    bodies.map((body, index) => ({ id: `q${index}`, timestamp: new Date(), attempts: 100, body })),
  );
  const ctx = createExecutionContext();
  await worker.queue(batch, { ...bindings }, ctx);
  expect((await getQueueResult(batch, ctx)).explicitAcks).toEqual(['q0', 'q1', 'q2']);
  const rows = await ask(`
    select outcome, reason from rolecall.inbox
     where id = 'msg_${good}' or position('${lost}' in convert_from(body, 'utf8')) > 0 order by outcome`);
  expect([...rows]).toEqual([
    { outcome: 'applied', reason: 'newer' },
    { outcome: 'failed', reason: 'not_proved_again' },
  ]);
});
