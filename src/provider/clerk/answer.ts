import { isClerkAPIResponseError } from '@clerk/backend/errors';
import type { ProviderAnswer, ProviderFailure } from '../../pipeline/ports.ts';

/** Clerk counts by windows of 10 seconds; past this it is asked whether it still minds. */
const LONGEST_PAUSE_S = 300;

/**
 * What a call of Clerk's client came to. It never throws.
 * @param absent what a 404 means; without it, a 404 is unexpected.
 */
export async function answerOf<T>(
  call: () => Promise<T>,
  absent: T | undefined,
  timeoutMs: number,
): Promise<ProviderAnswer<T>> {
  // The client takes no AbortSignal: past the deadline nobody waits for it any more.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<ProviderFailure>((resolve) => {
    timer = setTimeout(() => resolve({ failure: 'timeout' }), timeoutMs);
  });
  const asked = call().then(
    (answer): ProviderAnswer<T> => ({ answer }),
    (error: unknown): ProviderAnswer<T> => {
      return absent !== undefined && saysNotFound(error) ? { answer: absent } : failureOf(error);
    },
  );
  try {
    return await Promise.race([asked, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** An answer that is about somebody else is none, as if it could not be read. */
export function insist(holds: boolean): void {
  if (!holds) throw new Error('the answer is about somebody else');
}

/** In Clerk's own words: a proxy that finds nothing must not take anybody's access away. */
function saysNotFound(error: unknown): boolean {
  return (
    isClerkAPIResponseError(error) &&
    error.status === 404 &&
    error.errors.some(({ code }) => code === 'resource_not_found')
  );
}

/** Within bounds: nothing or less would be a storm, and a year of waiting would leave everybody signed in. */
function waitMs(seconds = 1): number {
  return Math.min(Math.max(seconds, 1), LONGEST_PAUSE_S) * 1000;
}

function failureOf(error: unknown): ProviderFailure {
  if (!isClerkAPIResponseError(error)) return { failure: 'unexpected' };
  const { status } = error;
  if (status === 429) return { failure: 'rate_limited', retryAfterMs: waitMs(error.retryAfter) };
  if (status === 401 || status === 403) return { failure: 'unauthorized' };
  if (status >= 500) return { failure: 'server_error' };
  // The client leaves the status out where the network failed.
  return status >= 400 ? { failure: 'unexpected' } : { failure: 'unreachable' };
}
