import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countWrong, throttle } from '../../src/http/operator/throttle.ts';
import { OPERATORS, operatorOf, READER, WRITER } from './support/operator.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
});
afterAll(() => rolecall.stop());

const READS = ['/deliveries', '/deliveries/msg_1', '/effects', '/holds', '/replays', '/replays/1'];
const WRITES = ['/effects/1/retry', '/holds/1/approve', '/holds/1/reject', '/replays', '/replays/1/cancel'];
const code = (json: unknown) => (json as { error: { code: string } }).error.code;

describe('the operators’ interface', () => {
  it('is closed to whoever has no token, an app’s, or half of one, before anything else is looked at', async () => {
    const ask = operatorOf(rolecall);
    for (const path of [...READS, ...WRITES]) {
      const method = READS.includes(path) ? 'GET' : 'POST';
      const answer = await ask(method, `${path}?nonsense=1`, undefined, null);
      expect([answer.status, code(answer.json)], path).toEqual([401, 'unauthenticated']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const token of [READ_TOKEN, WRITER.slice(0, -1), `${WRITER}x`, `ann:${WRITER}`, 'ann']) {
      expect((await ask('GET', '/holds', undefined, token)).status, token).toBe(401);
    }
    expect(rolecall.log.join()).not.toContain('CANARY');
  });

  it('lets one who may only look see everything and change nothing', async () => {
    const ask = operatorOf(rolecall);
    for (const path of ['/deliveries', '/effects', '/holds', '/replays']) {
      expect((await ask('GET', path, undefined, READER)).status, path).toBe(200);
    }
    for (const path of WRITES) {
      const answer = await ask('POST', path, undefined, READER);
      expect([answer.status, code(answer.json)], path).toEqual([403, 'read_only']);
    }
  });

  it('slows down whoever tries wrong tokens, and never refuses a right one meanwhile', async () => {
    const ask = operatorOf(rolecall);
    const guesses = await Promise.all(
      Array.from({ length: 80 }, (_, n) => ask('GET', '/holds', undefined, `guess-${n}`)),
    );
    const last = guesses.filter(({ status }) => status === 429);
    expect(last.length).toBeGreaterThan(0);
    expect(last[0]?.headers.get('retry-after')).toBe('3');
    expect(code(last[0]?.json)).toBe('too_many_attempts');
    for (const token of [WRITER, READER]) {
      expect((await ask('GET', '/holds', undefined, token)).status).toBe(200);
    }
    const nothing = await fetch(`${rolecall.url}/operator/v1/holds`);
    expect(nothing.status).toBe(401);
  });
});

describe('the throttle of wrong tokens', () => {
  it('lets forty at once through, then one every three seconds, and never saves up more', () => {
    const bucket = throttle();
    const tried = (times: number, now: number) =>
      Array.from({ length: times }, () => countWrong(bucket, now)).filter((wait) => wait === null).length;
    expect(tried(50, 1_000_000)).toBe(40);
    expect(tried(50, 1_002_999)).toBe(0);
    expect(tried(50, 1_003_000)).toBe(1);
    expect(tried(50, 90_000_000)).toBe(40);
    // A clock that was put back neither opens it nor keeps it shut for good.
    expect(tried(50, 1_000)).toBe(0);
    expect(tried(50, 90_003_000)).toBe(1);
  });
});
