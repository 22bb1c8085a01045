import { setTimeout as delay } from 'node:timers/promises';

/** Does each thing at its time, or as soon as what came before it is over; what is not begun by then is left out. */
export async function onTime<One extends { readonly at: number }>(
  planned: readonly One[],
  byMs: number,
  stopping: AbortSignal,
  perform: (one: One) => void | Promise<void>,
): Promise<void> {
  const begun = performance.now();
  for (const one of planned) {
    const wait = begun + one.at - performance.now();
    if (wait > 0) await delay(wait, undefined, { signal: stopping });
    stopping.throwIfAborted();
    if (performance.now() > begun + byMs) return;
    await perform(one);
  }
}
