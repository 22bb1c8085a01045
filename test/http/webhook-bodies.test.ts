import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { head, raw } from './support/raw.ts';
import { newMessageId, type Running, signedHeaders, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall();
});
afterAll(() => rolecall.stop());

const PATH = '/webhooks/clerk';
const LIMIT = 512 * 1024;

const event = (type: string, data: unknown, over: object = {}) =>
  JSON.stringify({ object: 'event', type, timestamp: Date.now(), instance_id: 'ins_standin', data, ...over });

const inboxCount = async () => {
  const [count] = await rolecall.sql<{ n: number }[]>`select count(*)::int as n from rolecall.inbox`;
  return count?.n;
};

/** A known event of exactly so many bytes. */
const eventOf = (size: number) => {
  const short = event('organization.created', { id: 'org_big', name: '', updated_at: 1 });
  return short.replace('"name":""', `"name":"${'x'.repeat(size - short.length)}"`);
};

describe('the size of a body', () => {
  it('may be 512 KiB', async () => {
    const body = eventOf(LIMIT);
    expect(body).toHaveLength(LIMIT);
    const { json, id } = await rolecall.post(body);
    expect(json).toEqual({ delivery: id, outcome: 'applied' });
    expect((await rolecall.inbox(id))?.['body']).toHaveLength(LIMIT);
  });

  it.each([LIMIT + 1, 600 * 1024])('is refused at %i bytes, declared', async (size) => {
    const before = await inboxCount();
    const { status, json } = await rolecall.post(eventOf(size));
    expect(status).toBe(413);
    expect(json).toMatchObject({ error: { code: 'payload_too_large' } });
    expect(await inboxCount()).toBe(before);
  });

  it('is refused at 600 KiB in chunks of unknown length', async () => {
    const body = eventOf(600 * 1024);
    const headers = Object.fromEntries(signedHeaders(body, { id: newMessageId() }));
    const pairs = Object.entries({ ...headers, host: 'x', 'transfer-encoding': 'chunked' });
    const answer = await raw(rolecall.url, (socket) => {
      socket.write(head('POST', PATH, pairs));
      for (let at = 0; at < body.length; at += 64 * 1024) {
        const part = body.slice(at, at + 64 * 1024);
        socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
      }
      socket.write('0\r\n\r\n');
    });
    expect(answer?.status).toBe(413);
    expect(answer?.headers.get('cache-control')).toBe('no-store');
  });

  it('is refused while it is still being sent, without an end', async () => {
    const headers = Object.fromEntries(signedHeaders('{}', { id: newMessageId() }));
    const pairs = Object.entries({ ...headers, host: 'x', 'transfer-encoding': 'chunked' });
    const part = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const answer = await raw(rolecall.url, async (socket) => {
      socket.write(head('POST', PATH, pairs));
      for (let sent = 0; sent < 200 && !socket.destroyed; sent += 1) {
        socket.write(part);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    expect(answer?.status).toBe(413);
  });

  it('may not fall short of what was declared', async () => {
    const before = await inboxCount();
    const body = event('user.deleted', { id: 'user_truncated' });
    const headers = Object.fromEntries(signedHeaders(body, { id: newMessageId() }));
    const pairs = Object.entries({ ...headers, host: 'x', 'content-length': String(body.length + 10) });
    const refused = rolecall.logged('webhook_refused').length;
    await raw(
      rolecall.url,
      (socket) => {
        socket.write(head('POST', PATH, pairs) + body);
        socket.end();
      },
      1_000,
    );
    await expect
      .poll(() =>
        rolecall
          .logged('webhook_refused')
          .slice(refused)
          .map((line) => line['reason']),
      )
      .toEqual(['invalid_body']);
    expect(await inboxCount()).toBe(before);
  });
});

describe('a body labelled gzip', () => {
  it('is taken as the bytes that were signed', async () => {
    const body = event('user.created', { id: 'user_gzip', updated_at: 1 });
    const { json } = await rolecall.post(body, { headers: { 'content-encoding': 'gzip' } });
    expect(json).toMatchObject({ outcome: 'applied' });
  });

  it('is never unpacked', async () => {
    const packed = Uint8Array.from(gzipSync(event('user.created', { id: 'user_gzip', updated_at: 1 })));
    const { status } = await rolecall.post(packed, { headers: { 'content-encoding': 'gzip' } });
    expect(status).toBe(401);
  });
});

describe('an authentic body that says nothing', () => {
  it.each([
    ['is empty', '', 'not_json'],
    ['is not JSON', 'definitely not JSON', 'not_json'],
    ['is cut off', '{"type":"user.created","data":', 'not_json'],
    ['is followed by more', '{}{}', 'not_json'],
    [
      'has a byte order mark',
      `\ufeff${event('user.created', { id: 'user_bom', updated_at: 1 })}`,
      'not_json',
    ],
    ['is null', 'null', 'malformed data'],
    ['is an array', '[]', 'malformed type'],
    ['is a number', '42', 'malformed data'],
    ['is a string', '"user.deleted"', 'malformed data'],
    ['is an empty object', '{}', 'malformed type'],
    ['has a type that is no string', '{"type":1,"timestamp":1,"data":{}}', 'malformed type'],
    ['has an inherited name for a type', event('__proto__', {}), 'malformed type'],
    ['is nested deeply', '['.repeat(100_000) + ']'.repeat(100_000), 'malformed type'],
  ])('is stored as failed when it %s', async (_, body, reason) => {
    const { status, json, id } = await rolecall.post(body);
    expect(status).toBe(200);
    expect(json).toEqual({ delivery: id, outcome: 'failed' });
    const row = await rolecall.inbox(id);
    expect(row).toMatchObject({ outcome: 'failed', reason, type: null });
    expect(String(row?.['body'])).toBe(body);
  });

  it('is refused when it is not UTF-8', async () => {
    const { status, id } = await rolecall.post(Uint8Array.from([0x7b, 0x80, 0x7d]));
    expect(status).toBe(401);
    expect(await rolecall.inbox(id)).toBeUndefined();
    expect(rolecall.logged('webhook_refused').at(-1)).toMatchObject({ reason: 'body_not_utf8' });
  });
});

describe('hostile keys', () => {
  it('find a known event nested deeply where nothing is read', async () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const body = event('user.created', { id: 'user_deep', updated_at: 1 }).replace(
      '"updated_at"',
      `"public_metadata":${deep},"updated_at"`,
    );
    expect((await rolecall.post(body)).json).toMatchObject({ outcome: 'applied' });
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    'named %s lend nothing to what is missing',
    async (key) => {
      // Only what the object itself holds counts: neither id nor type may come in through the back.
      const lent = `{"${key}":{"id":"user_lent","updated_at":1,"type":"user.created","prototype":{"id":"user_lent"}}}`;
      const inData = `{"type":"user.created","timestamp":${Date.now()},"data":${lent}}`;
      const { json, id } = await rolecall.post(inData);
      expect(json).toMatchObject({ outcome: 'failed' });
      expect(await rolecall.inbox(id)).toMatchObject({ reason: 'malformed data.id', user_id: null });
      const atTop = `{"${key}":{"type":"user.created","timestamp":1,"data":{"id":"user_lent"}}}`;
      expect((await rolecall.post(atTop)).json).toMatchObject({ outcome: 'failed' });
      expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('id');
      expect(({} as Record<string, unknown>)['id']).toBeUndefined();
    },
  );

  it('do no harm in an event that is otherwise right', async () => {
    const body = event('user.created', { id: 'user_proto', updated_at: 1 }).replace(
      '"data":{',
      '"__proto__":{"banned":true},"data":{"__proto__":{"banned":true},"constructor":{"prototype":{"banned":true}},',
    );
    const { json } = await rolecall.post(body);
    expect(json).toMatchObject({ outcome: 'applied' });
    const [user] = await rolecall.sql`select suspended from rolecall.users where id = 'user_proto'`;
    expect(user).toMatchObject({ suspended: false });
    expect(({} as Record<string, unknown>)['banned']).toBeUndefined();
  });

  it('that come twice count as the last of them, for the check as for the fact', async () => {
    const body = event('user.created', { id: 'user_last', updated_at: 1 }).replace(
      '"id":"user_last"',
      '"id":"user_first","id":"user_last"',
    );
    const { json, id } = await rolecall.post(body);
    expect(json).toMatchObject({ outcome: 'applied' });
    expect(await rolecall.inbox(id)).toMatchObject({ user_id: 'user_last' });
    const rows = await rolecall.sql`select id from rolecall.users where id in ('user_first', 'user_last')`;
    expect(rows.map((row) => String(row['id']))).toEqual(['user_last']);
  });
});
