import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { readBody } from '../../src/http/read-body.ts';
import type { Services } from '../../src/http/services.ts';
import { clerkWebhooks } from '../../src/provider/clerk/webhooks.ts';
import { SIGNING_SECRET } from './support/rolecall.ts';

const LIMITS = { bytes: 100, ms: 50 };

function request(body: ReadableStream<Uint8Array> | string | null, headers: Record<string, string> = {}) {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers, duplex: 'half' };
  return new Request('http://rolecall.test/webhooks/clerk', init);
}

/** Chunks of ten bytes, each a little later, until nobody reads on. */
function endless(everyMs: number) {
  const seen = { chunks: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      seen.chunks += 1;
      controller.enqueue(new Uint8Array(10));
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { seen, stream };
}

describe('reading a body', () => {
  it('takes as much as the limit and not a byte more, whatever length was declared', async () => {
    expect(await readBody(request('x'.repeat(100)), LIMITS)).toHaveLength(100);
    expect(await readBody(request('x'.repeat(101)), LIMITS)).toBe('payload_too_large');
    expect(await readBody(request('x'.repeat(101), { 'content-length': '5' }), LIMITS)).toBe(
      'payload_too_large',
    );
  });

  it('does not begin with what declares itself too long', async () => {
    const { seen, stream } = endless(0);
    expect(await readBody(request(stream, { 'content-length': '101' }), LIMITS)).toBe('payload_too_large');
    expect(seen.chunks).toBeLessThanOrEqual(1);
  });

  it('stops at the limit of a body without an end, and lets go of it', async () => {
    const { seen, stream } = endless(0);
    expect(await readBody(request(stream), LIMITS)).toBe('payload_too_large');
    expect(seen.chunks).toBeLessThan(14);
    await expect.poll(() => seen.cancelled).toBe(true);
  });

  it('stops at the deadline of a body that drips, and lets go of it', async () => {
    const { seen, stream } = endless(20);
    const started = performance.now();
    expect(await readBody(request(stream), LIMITS)).toBe('request_timeout');
    expect(performance.now() - started).toBeLessThan(1_000);
    await expect.poll(() => seen.cancelled).toBe(true);
  });

  it('stops at the deadline of a body that never begins', async () => {
    expect(await readBody(request(new ReadableStream()), LIMITS)).toBe('request_timeout');
  });

  it('says so when the sender breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    expect(await readBody(request(broken), LIMITS)).toBe('invalid_body');
  });

  it('takes no body for an empty one', async () => {
    expect(await readBody(request(null), LIMITS)).toHaveLength(0);
    expect(await readBody(request(''), LIMITS)).toHaveLength(0);
  });

  it('puts chunks together in their order', async () => {
    const parts = ['{"a"', ':', '', '1}'].map((part) => new TextEncoder().encode(part));
    const chunked = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    const read = await readBody(request(chunked), LIMITS);
    expect(typeof read === 'string' ? read : new TextDecoder().decode(read)).toBe('{"a":1}');
  });
});

describe('a message whose headers cannot be right', () => {
  it('is refused without a look at its body', async () => {
    const refusals: unknown[] = [];
    const log = {
      info: () => undefined,
      warn: (_: string, fields?: unknown) => void refusals.push(fields),
      error: () => undefined,
    };
    // Nothing else may be touched: it would be undefined.
    const services = { webhooks: clerkWebhooks([SIGNING_SECRET]), log, clock: Date } as unknown as Services;
    const app = createApp(() => ({ services }));
    let touched = false;
    const trap = new ReadableStream<Uint8Array>(
      {
        pull() {
          touched = true;
          throw new Error('the body was read');
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await app.fetch(
      request(trap, { 'svix-id': 'msg_1', 'svix-timestamp': '1614265330', 'svix-signature': 'v1,AAAA' }),
    );
    expect(answer.status).toBe(401);
    expect(refusals).toEqual([{ reason: 'timestamp_too_old' }]);
    expect(touched).toBe(false);
  });
});
