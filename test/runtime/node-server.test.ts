import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type NodeServer, startNodeServer } from '../../src/runtime/node.ts';
import type { OutboxEvent } from '../../src/testing/index.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { environment, READ_TOKEN, until } from '../support/serve.ts';

// Processes and servers start slowly on a machine that has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let rig: Rig;
let server: NodeServer;
let log: string[];

beforeEach(async () => {
  rig = await startRig();
  log = [];
});
afterEach(() => rig.stop());

async function start(
  options: { readonly graceMs?: number; readonly basePath?: string } = {},
): Promise<NodeServer> {
  server = await startNodeServer({
    environment: environment(rig.clerk, rig.clerkUrl, rig.url),
    port: 0,
    writeLog: (line) => void log.push(line),
    ...options,
  });
  return server;
}

function event(): OutboxEvent {
  rig.clerk.createUser();
  const last = rig.clerk.outbox.at(-1);
  if (last === undefined) throw new Error('an event');
  return last;
}

function deliver(how: OutboxEvent = event(), path = '/webhooks/clerk') {
  return rig.clerk.deliver(how, { to: server.url + path });
}

test('a webhook is durable before its answer, and what it owes is carried out right after', async () => {
  await start();
  const { clerk } = rig;
  clerk.createUser({ id: 'user_a' });
  clerk.createOrganization({ id: 'org_1' });
  clerk.addMember('org_1', 'user_a', 'org:admin');
  for (const one of clerk.outbox) expect((await deliver(one)).status).toBe(200);
  const read = await fetch(`${server.url}/v1/organizations/org_1/members/user_a`, {
    headers: { authorization: `Bearer ${READ_TOKEN}` },
  });
  expect(await read.json()).toMatchObject({ member: true, role: 'org:admin' });
  clerk.createSession('user_a');
  clerk.removeMember('org_1', 'user_a');
  const last = clerk.outbox.at(-1);
  if (last === undefined) throw new Error('an event');
  const answer = await deliver(last);
  expect(JSON.parse(answer.body)).toMatchObject({ outcome: 'applied' });
  expect(await rig.sql`select from rolecall.inbox where id = ${last.id}`).toHaveLength(1);
  await until(() => clerk.revocations.length === 1);
  await server.stop();
});

test('stopping lets the request in flight finish, refuses new ones, and only then lets go of the database', async () => {
  await start();
  await deliver();
  const [release, locked] = lock();
  await locked;
  const answer = deliver();
  await aCommitWaits();
  let stopped = false;
  const stopping = server.stop().then(() => {
    stopped = true;
  });
  await until(async () => {
    try {
      await fetch(`${server.url}/healthz`);
      return false;
    } catch {
      return true;
    }
  });
  expect(stopped).toBe(false);
  release();
  expect((await answer).status).toBe(200);
  await stopping;
  const open = await rig.sql`
    select from pg_stat_activity where application_name = 'rolecall' and datname = current_database()`;
  expect(open).toHaveLength(0);
});

test('a kept-alive connection does not hold a stop up, neither idle nor after the answer it waits for', async () => {
  await start();
  const agent = new Agent({ keepAlive: true });
  const get = (path: string) =>
    new Promise<number>((resolve, reject) => {
      request(server.url + path, { agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
        .on('error', reject)
        .end();
    });
  expect(await get('/healthz')).toBe(200);
  await server.stop();
  await expect(get('/healthz')).rejects.toThrow();
  agent.destroy();
});

test('an idle connection outlives those that a proxy keeps', async () => {
  await start();
  const { headers } = await fetch(`${server.url}/healthz`);
  expect(headers.get('keep-alive')).toBe('timeout=75');
});

test('half a request is dropped when the grace is over', async () => {
  await start({ graceMs: 20 });
  const halfway = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(halfway, 'connect');
  halfway.write('POST /webhooks/clerk HTTP/1.1\r\nhost: x\r\ncontent-len');
  const closed = once(
    halfway.on('error', () => undefined),
    'close',
  );
  await server.stop();
  await closed;
});

test('a connection that was opened ahead of need and never asked for anything holds no stop up', async () => {
  // Longer than this test may take.
  await start({ graceMs: 600_000 });
  const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(silent, 'connect');
  const closed = once(
    silent.on('error', () => undefined),
    'close',
  );
  await server.stop();
  await closed;
});

test('stopping does not wait for all that is owed, only for what is under way', async () => {
  await start();
  await rig.sql`update rolecall.instance set provider_instance = ${rig.clerk.instanceId}`;
  rig.clerk.failApi({ kind: 'hang', route: 'GET /v1/sessions' });
  await rig.sql`
    select rolecall.owe_effects(jsonb_agg(jsonb_build_object('kind', 'revoke_sessions', 'lane', 0,
             'userId', 'user_' || n, 'cutoff', 1, 'onlyWhenLast', false)), false) from generate_series(1, 100) as n`;
  await deliver();
  await until(async () => (await leased()) > 0);
  const stopping = server.stop();
  rig.clerk.clearFaults();
  await stopping;
  expect(await leased()).toBe(0);
  const [left] = await rig.sql`select count(*)::int as n from rolecall.effects where status = 'owed'`;
  expect(left?.['n']).toBeGreaterThan(50);
});

test('a port that is taken is an error of the start, which leaves the first server alone', async () => {
  await start();
  const again = startNodeServer({
    environment: environment(rig.clerk, rig.clerkUrl, rig.url),
    port: Number(new URL(server.url).port),
    writeLog: () => undefined,
  });
  await expect(again).rejects.toThrow('EADDRINUSE');
  expect((await deliver()).status).toBe(200);
  await server.stop();
});

test('below a base path everything answers as at the root, and nothing answers beside it', async () => {
  await start({ basePath: '/rolecall' });
  expect((await deliver(event(), '/rolecall/webhooks/clerk')).status).toBe(200);
  expect((await deliver(event(), '/webhooks/clerk')).status).toBe(404);
  expect((await fetch(`${server.url}/rolecall/readyz`)).status).toBe(200);
  await server.stop();
});

test('the log is one JSON object a line and holds no secret, no token and nothing of a payload', async () => {
  await start();
  rig.clerk.createUser({ id: 'user_a', email: 'secret-address@example.com' });
  await deliver(rig.clerk.outbox.at(-1));
  await fetch(`${server.url}/v1/organizations/org_1/members/user_a`, {
    headers: { authorization: `Bearer ${READ_TOKEN}` },
  });
  await server.stop();
  expect(log.length).toBeGreaterThan(0);
  for (const line of log)
    expect(Object.keys(JSON.parse(line) as object)).toEqual(expect.arrayContaining(['time', 'event']));
  const all = log.join('\n');
  const secrets = Object.values(environment(rig.clerk, rig.clerkUrl, rig.url)).filter(
    (value) => !value.startsWith('http'),
  );
  for (const secret of [...secrets, 'secret-address']) expect(all).not.toContain(secret);
});

async function leased(): Promise<number> {
  const [row] = await rig.sql`select count(*)::int as n from rolecall.effects where lease_token is not null`;
  return row?.['n'] as number;
}

/** Keeps every commit waiting until it is released. */
function lock(): [release: () => void, locked: Promise<void>] {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const locked = new Promise<void>((resolve, reject) => {
    rig.sql
      .begin(async (sql) => {
        await sql`lock table rolecall.inbox in exclusive mode`;
        resolve();
        await released;
      })
      .catch(reject);
  });
  return [release, locked];
}

/** What the server does by itself may wait beside the request. */
function aCommitWaits(): Promise<void> {
  return until(async () => {
    const waiting = await rig.sql`
      select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%commit_decision%'`;
    return waiting.length > 0;
  });
}
