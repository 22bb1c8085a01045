import { SnapshotProblem } from './problem.ts';

/** How long somebody waits, and what ends all waiting. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly ms: number;
}

/**
 * What `promise` gives, unless it takes too long or all is over. Not `Promise.race` with one promise that stands for the
 * end: it would remember every chunk of a stream that lasts for days.
 */
export function patiently<T>(promise: Promise<T>, { signal, ms }: Patience): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const give = (problem: SnapshotProblem): void => settle(() => reject(problem));
    const timer = setTimeout(() => give(new SnapshotProblem('silent', `nothing came for ${ms} ms`)), ms);
    const onAbort = (): void => give(new SnapshotProblem('interrupted', 'the connection was given up'));
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** A pause that ends early when all is over. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
