import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { throttle } from '../../src/http/operator/throttle.ts';
import { consumeSpill, type SpilledMessage } from '../../src/pipeline/consume-spill.ts';
import { unknownInstance } from '../../src/pipeline/instance-check.ts';
import type { Spill } from '../../src/pipeline/ports.ts';
import { unknownRestore } from '../../src/pipeline/upkeep/known-restore.ts';
import { compose } from '../../src/runtime/compose.ts';
import { readConfig } from '../../src/runtime/config.ts';
import { postgresStatements } from '../../src/store/postgres/client.ts';
import { postgresDownloads } from '../../src/store/postgres/downloads.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { svixHeaders } from '../../src/testing/index.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { execute } from '../setup/server.ts';
import { anyText } from '../support/matchers.ts';
import {
  answerOf,
  READ_TOKEN,
  type Running,
  SECRET_KEY,
  SIGNING_SECRET,
  signedHeaders,
  startRolecall,
} from './support/rolecall.ts';
import { type TcpGate, tcpGate } from './support/tcp-gate.ts';

const environment = {
  CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
  CLERK_SECRET_KEY: SECRET_KEY,
  CLERK_API_URL: 'http://127.0.0.1:9',
  ROLECALL_READ_TOKEN: READ_TOKEN,
  ROLECALL_OPERATOR_TOKEN: 'operate',
  ROLECALL_MODE: 'paused',
};
const event = (id: string) =>
  JSON.stringify({ type: 'user.created', timestamp: Date.now(), data: { id, updated_at: Date.now() } });

describe('without a queue, while the database is away', () => {
  let gate: TcpGate;
  let running: Running;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    database = await freshDatabase();
    gate = await tcpGate(database.url);
    running = await startRolecall({ environment: { DATABASE_URL: gate.url } });
  });
  afterAll(async () => {
    await running.stop();
    await gate.shut();
    await database.drop();
  });

  it('nothing is taken, the sender is told when to come again, and then it is taken', async () => {
    const [before, during] = [event('user_before'), event('user_during')];
    expect((await running.post(before)).json).toMatchObject({ outcome: 'applied' });

    await gate.shut();
    const refused = await running.post(during, { id: 'msg_during' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(refused.json).toEqual({ error: { code: 'unavailable', message: anyText } });

    const reading = await running.get('/v1/organizations/org_1/members/user_1');
    expect([reading.status, reading.headers.get('retry-after')]).toEqual([503, '5']);
    expect(reading.json).toMatchObject({ error: { code: 'unavailable' } });

    const ready = await running.get('/readyz');
    expect([ready.status, ready.json]).toMatchObject([503, { error: { code: 'unavailable' } }]);
    expect((await running.get('/healthz')).status).toBe(200);
    // Who cannot prove who they are learns nothing of our troubles.
    expect((await running.post(during, { secret: `whsec_${btoa('z'.repeat(32))}` })).status).toBe(401);
    expect((await running.get('/v1/organizations/org_1/members/user_1', 'wrong')).status).toBe(401);
    expect(running.log.join()).not.toMatch(/CANARY|postgres:\/\//);

    await gate.open();
    await expect
      .poll(async () => (await running.post(during, { id: 'msg_during' })).json, { interval: 200 })
      .toEqual({ delivery: 'msg_during', outcome: 'applied' });
    expect((await running.post(during, { id: 'msg_during' })).json).toMatchObject({ outcome: 'duplicate' });
  });
});

describe('with a queue, while the database is away', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  const spilled: SpilledMessage[] = [];
  let takes = true;
  const spill: Spill = {
    async put(message) {
      if (takes) spilled.push({ ...message, headers: new Headers(message.headers) });
      return takes;
    },
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = { now: () => Date.now() };
  const composeOn = (databaseUrl: string) => {
    const read = readConfig(environment);
    if ('problems' in read) throw new Error(read.problems.join());
    const statements = postgresStatements(databaseUrl, { connections: 1 });
    const composed = compose(read.config, {
      statements,
      downloads: postgresDownloads(databaseUrl, { most: 1 }),
      pollMs: 100,
      clock,
      log,
      spill,
      knownInstance: unknownInstance(),
      memory: emptyMemory(),
      notedMode: { noted: false },
      knownRestore: unknownRestore(),
      restoreFreshMs: 1_000,
      wrongOperators: throttle(),
      concurrency: 1,
      sharing: true,
      dispatchSoon: () => undefined,
      replaySoon: () => undefined,
      reconcileSoon: () => undefined,
    });
    return { ...composed, end: () => statements.end() };
  };
  type Composed = ReturnType<typeof composeOn>;
  let away: Composed;
  let there: Composed;
  beforeAll(async () => {
    database = await freshDatabase();
    there = composeOn(database.url);
    away = composeOn(`postgres://nobody@127.0.0.1:${await freePort()}/none`);
  });
  afterAll(async () => {
    await Promise.all([away.end(), there.end()]);
    await database.drop();
  });
  const post = async (body: string, id: string, over: Record<string, string> = {}) => {
    const app = createApp(() => ({ services: away.services }));
    const headers = signedHeaders(body, { id, headers: over });
    return answerOf(await app.request('/webhooks/clerk', { method: 'POST', headers, body }));
  };

  it('what is authentic is queued, byte for byte, and taken when the database is back', async () => {
    const body = event('user_queued');
    const { status, json } = await post(body, 'msg_queued');
    expect(status).toBe(200);
    expect(json).toEqual({ delivery: 'msg_queued', outcome: 'queued' });
    expect(new TextDecoder().decode(spilled[0]?.body)).toBe(body);

    const { webhooks, process } = there;
    expect(await consumeSpill({ webhooks, process, clock, log }, spilled, false)).toEqual(['done']);
    const { facts, deliveries } = await there.services.store.read({
      deliveries: ['msg_queued'],
      users: ['user_queued'],
      memberships: [],
      pairs: [],
      organizations: [],
      sessions: [],
      invitations: [],
      roleKeys: [],
      catalog: false,
    });
    expect(facts.users.has('user_queued')).toBe(true);
    expect(deliveries.has('msg_queued')).toBe(true);
  });

  it('what is not authentic is not queued', async () => {
    const before = spilled.length;
    expect((await post(event('user_forged'), 'msg_forged', { 'svix-signature': 'v1,AAAA' })).status).toBe(
      401,
    );
    expect(spilled).toHaveLength(before);
  });

  it('a queued message that was changed on its way is not taken', async () => {
    await post(event('user_honest'), 'msg_honest');
    const message = spilled.at(-1);
    if (message === undefined) throw new Error('nothing was queued');
    const changed = { ...message, body: new TextEncoder().encode(event('user_changed')) };
    const { webhooks, process } = there;
    const tampered = { ...there.services.store };
    expect(await consumeSpill({ webhooks, process, clock, log }, [changed], false)).toEqual(['again']);
    const reading = await tampered.read({
      deliveries: ['msg_honest'],
      users: ['user_changed'],
      memberships: [],
      pairs: [],
      organizations: [],
      sessions: [],
      invitations: [],
      roleKeys: [],
      catalog: false,
    });
    expect([reading.facts.users.size, reading.deliveries.size]).toEqual([0, 0]);
  });

  it('what was acknowledged but cannot be proved any more comes again, and is kept as failed at the last stop', async () => {
    const { webhooks, process } = there;
    const consumer = { webhooks, process, clock, log };
    const text = event('user_rotated');
    const body = new TextEncoder().encode(text);
    const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const headers = new Headers({ ...svixHeaders(secret, 'msg_rotated', Date.now(), text) });
    const rotated = { headers, body, receivedAt: Date.now() };
    const unreadable = { raw: new TextEncoder().encode('not ours') };
    expect(await consumeSpill(consumer, [rotated, unreadable], false)).toEqual(['again', 'again']);
    expect(await consumeSpill(consumer, [rotated, unreadable], true)).toEqual(['done', 'done']);
    const sql = postgres(database.url, { max: 1 });
    const kept = await sql`
      select convert_from(body, 'utf8') as body, outcome, reason from rolecall.inbox
       where reason = 'not_proved_again' order by octet_length(body) desc`;
    expect([...kept]).toEqual([
      { body: text, outcome: 'failed', reason: 'not_proved_again' },
      { body: 'not ours', outcome: 'failed', reason: 'not_proved_again' },
    ]);
    await sql.end();
  });

  it('an event of another instance that was queued is kept as failed at the last stop', async () => {
    const { webhooks, process } = there;
    const consumer = { webhooks, process, clock, log };
    const spill = (instance: string, id: string) => {
      const text = JSON.stringify({ ...JSON.parse(event(`user_${id}`)), instance_id: instance });
      return {
        headers: new Headers(signedHeaders(text, { id: `msg_${id}` })),
        body: new TextEncoder().encode(text),
        receivedAt: Date.now(),
      };
    };
    expect(await consumeSpill(consumer, [spill('ins_ours', 'ours')], false)).toEqual(['done']);
    const other = spill('ins_other', 'other');
    expect(await consumeSpill(consumer, [other], false)).toEqual(['again']);
    expect(await consumeSpill(consumer, [other], true)).toEqual(['done']);
  });

  it('another content under a known id is kept as failed at the last stop, beside the first', async () => {
    const { webhooks, process } = there;
    const consumer = { webhooks, process, clock, log };
    const spill = (text: string) => ({
      headers: new Headers(signedHeaders(text, { id: 'msg_twice' })),
      body: new TextEncoder().encode(text),
      receivedAt: Date.now(),
    });
    expect(await consumeSpill(consumer, [spill(event('user_first'))], false)).toEqual(['done']);
    expect(await consumeSpill(consumer, [spill(event('user_second'))], false)).toEqual(['again']);
    expect(await consumeSpill(consumer, [spill(event('user_second'))], true)).toEqual(['done']);
  });

  it('what even the queue cannot take is refused, to be sent again', async () => {
    takes = false;
    const { status, json, headers } = await post(event('user_nowhere'), 'msg_nowhere');
    expect(status).toBe(503);
    expect(json).toMatchObject({ error: { code: 'unavailable' } });
    expect(headers.get('retry-after')).toBe('5');
    takes = true;
  });
});

describe('readiness', () => {
  it('is there when all fits, and names the check', async () => {
    const running = await startRolecall({ paused: false });
    try {
      expect(await running.get('/readyz')).toMatchObject({
        status: 200,
        json: { status: 'ready', instance: 'unpinned' },
      });
    } finally {
      await running.stop();
    }
  });

  it('is not there while the key belongs to another instance', async () => {
    const running = await startRolecall({ paused: false });
    try {
      await running.sql`update rolecall.instance set provider_instance = 'ins_another'`;
      const { status, json, headers } = await running.get('/readyz');
      expect(status).toBe(503);
      expect(json).toMatchObject({ error: { code: 'wrong_instance_key' } });
      expect(headers.get('retry-after')).toBe('5');
    } finally {
      await running.stop();
    }
  });

  it('is not there on a database without our schema, or with another one', async () => {
    const running = await startRolecall({ paused: false });
    try {
      const schema = (version: number, oldestCode: number) =>
        execute(
          running.databaseUrl,
          `create or replace function rolecall.read_readiness(nothing jsonb) returns jsonb language sql return
             jsonb_build_object('schemaVersion', ${version}, 'oldestCode', ${oldestCode}, 'providerInstance', null,
                                'restoringSince', null)`,
        );
      const answered = async () => {
        const { status, text } = await running.get('/readyz');
        return [status, text];
      };
      await schema(0, 0);
      expect(await answered()).toEqual([503, expect.stringContaining('Run the migrations') as unknown]);
      // The migrations of a release come before its code: until then this code goes on.
      await schema(999, 1);
      expect(await answered()).toEqual([200, expect.stringContaining('ready') as unknown]);
      await schema(999, 999);
      expect(await answered()).toEqual([503, expect.stringContaining('Deploy the newer version') as unknown]);
      await execute(running.databaseUrl, 'drop schema rolecall cascade');
      const none = await running.get('/readyz');
      expect([none.status, none.json]).toMatchObject([503, { error: { code: 'schema_mismatch' } }]);
    } finally {
      await running.stop();
    }
  });

  it('is not there while the configuration is not, and health is', async () => {
    const app = createApp(() => ({ problems: ['CLERK_SECRET_KEY is missing'] }));
    expect((await app.request('/healthz')).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/readyz'],
      ['POST', '/webhooks/clerk'],
      ['GET', '/v1/organizations/org_1/members/user_1'],
    ] as const) {
      const answer = await answerOf(await app.request(path, { method }));
      expect(answer.status, path).toBe(503);
      expect(answer.json, path).toMatchObject({ error: { code: 'misconfigured' } });
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.text).not.toContain('CLERK_SECRET_KEY');
    }
  });

  it('is what is said when the services cannot even be made', async () => {
    const app = createApp(() => {
      throw new Error('CANARY');
    });
    const answer = await answerOf(await app.request('/readyz'));
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ error: { code: 'unavailable' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.text).not.toContain('CANARY');
  });
});
