import { expect, test } from 'vitest';
import { pacedBody } from '../../src/http/feed/paced-body.ts';

/** Endless pieces, which tell how many were made and whether anybody ended them. */
function endless() {
  const state = { made: 0, ended: false };
  return {
    state,
    async *make(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
      try {
        while (!signal.aborted) {
          state.made += 1;
          yield `${'x'.repeat(1_000)}${state.made}`;
        }
      } finally {
        state.ended = true;
      }
    },
  };
}

test('a body is made as it is read: for a reader who does not read, one piece', async () => {
  const { state, make } = endless();
  const reader = pacedBody(make).getReader();
  await new Promise((resolve) => setImmediate(resolve));
  expect(state.made).toBe(1);
  await reader.read();
  await reader.read();
  expect(state.made).toBeLessThanOrEqual(3);
  await reader.cancel();
  expect(state.ended).toBe(true);
});

test('a reader who stops reading is cut off, and nothing is made any more', async () => {
  const { state, make } = endless();
  const reader = pacedBody(make, 10).getReader();
  const { value } = await reader.read();
  expect(value).toBeDefined();
  await expect(reader.closed).rejects.toThrow('the reader stopped reading');
  expect(state.ended).toBe(true);
  const { made } = state;
  await expect(reader.read()).rejects.toThrow('the reader stopped reading');
  expect(state.made).toBe(made);
});

test('what waits for something is ended by the signal when its reader goes away', async () => {
  let waiting: AbortSignal | undefined;
  const body = pacedBody(async function* (signal) {
    waiting = signal;
    yield 'first';
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const reader = body.getReader();
  await reader.read();
  await reader.cancel();
  expect(waiting?.aborted).toBe(true);
});

test('a body that breaks off tells its reader nothing of why', async () => {
  const reader = pacedBody(async function* () {
    yield 'first';
    throw new Error('postgres://user:CANARY@host');
  }).getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow(/^the body broke off$/);
});
