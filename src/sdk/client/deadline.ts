/** Nothing came in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** @throws RangeError for a bound that no timer could keep: it would be over at once. */
export function requireMilliseconds(...bounds: readonly number[]): void {
  for (const bound of bounds) {
    if (!(bound > 0 && bound < 2 ** 31)) throw new RangeError('A bound must be milliseconds, more than 0.');
  }
}

/**
 * What `run` gives, or `DeadlinePassed` after so many milliseconds. The signal is aborted then; what takes no signal is
 * merely not waited for any longer.
 */
export async function within<T>(ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlinePassed(`no answer within ${ms} ms`));
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([run(controller.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
