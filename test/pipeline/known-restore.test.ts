import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/pipeline/ports.ts';
import { isRestoring, knownRestoring, unknownRestore } from '../../src/pipeline/upkeep/known-restore.ts';

const SECOND = 1_000;

/** A database that answers when it is told to. */
function scene() {
  const known = unknownRestore();
  let now = 0;
  let asked = 0;
  let answer: (restoringSince: string | null) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const clock = { now: () => now };
  const store = {
    readReadiness: () => {
      asked += 1;
      return new Promise<{
        schemaVersion: 1;
        oldestCode: 1;
        providerInstance: null;
        restoringSince: string | null;
      }>((resolve, reject) => {
        answer = (restoringSince) =>
          resolve({ schemaVersion: 1, oldestCode: 1, providerInstance: null, restoringSince });
        fail = reject;
      });
    },
  };
  return {
    known: () => knownRestoring(known, clock, SECOND),
    ask: () => isRestoring({ store, clock }, known),
    asked: () => asked,
    answer: (since: string | null) => answer(since),
    fail: (error: Error) => fail(error),
    later: (ms: number) => {
      now += ms;
    },
  };
}

test('it is asked for once a second, in the way of one request: the others go on with what was known', async () => {
  const { known, ask, asked, answer, later } = scene();
  expect(known()).toBeNull();
  const first = ask();
  answer(null);
  expect([await first, known()]).toEqual([false, false]);
  later(SECOND);
  expect(known()).toBeNull();
  const second = ask();
  // While it is under way.
  expect(known()).toBe(false);
  answer('2026-11-22T00:00:00.000Z');
  expect([await second, known(), asked()]).toEqual([true, true, 2]);
});

test('what could not be learnt is asked again by the next one', async () => {
  const { known, ask, fail, answer } = scene();
  const first = ask();
  fail(new StoreUnavailable('away'));
  await expect(first).rejects.toThrow('away');
  expect(known()).toBeNull();
  const second = ask();
  answer(null);
  expect(await second).toBe(false);
});
