import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, not for a time; gives up after a deadline that only a broken promise reaches. */
export const until = async <Value>(
  what: string,
  ask: () => Promise<Value | undefined> | Value | undefined,
  { within = 15_000, every = 5 } = {},
): Promise<Value> => {
  const deadline = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline)
      throw new Error(`It did not happen within ${within / 1_000} s: ${what}`);
    await delay(every);
  }
};
