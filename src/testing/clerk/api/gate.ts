import { setTimeout as sleep } from 'node:timers/promises';
import { ClerkRefusal } from '../errors.ts';
import type { ClerkStandInOptions } from '../options.ts';
import { defaults } from '../options.ts';
import { faultList } from '../webhooks/faults.ts';
import { refuse, tooManyRequests } from './answer.ts';
import type { ApiFault } from './faults.ts';

/** What stands in front of every route: faults, the key, the rate limit. A Response here is the answer. */
export const createGate = (options: ClerkStandInOptions, now: () => number) => {
  const secretKey = options.secretKey ?? defaults.secretKey;
  const faults = faultList<ApiFault>();
  let letGo = new AbortController();
  let window = { from: 0, requests: 0 };

  const hang = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const either = AbortSignal.any([signal, letGo.signal]);
      if (either.aborted) resolve();
      else either.addEventListener('abort', () => resolve(), { once: true });
    });

  const overLimit = (): number | undefined => {
    const { rateLimit } = options;
    if (rateLimit === undefined) return undefined;
    const at = now();
    if (at - window.from >= rateLimit.windowMs) window = { from: at, requests: 0 };
    window.requests += 1;
    if (window.requests <= rateLimit.requests) return undefined;
    return Math.max(1, Math.ceil((window.from + rateLimit.windowMs - at) / 1_000));
  };

  const byFault = (fault: ApiFault & { kind: 'status' }): Response => {
    const retry: Record<string, string> =
      fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    if (fault.html) {
      const headers = { 'content-type': 'text/html; charset=UTF-8', ...retry };
      return new Response('<html><body>Bad gateway</body></html>', { status: fault.status, headers });
    }
    if (fault.status === 429) return refuse(tooManyRequests(), now(), retry);
    return refuse(
      new ClerkRefusal(fault.status, 'internal_clerk_error', 'Oops, an unexpected error occurred'),
      now(),
      retry,
    );
  };

  return {
    faults: {
      add: faults.add,
      list: faults.list,
      /** Also lets go of the calls that hang. */
      clear: (): void => {
        faults.clear();
        letGo.abort();
        letGo = new AbortController();
      },
    },

    async check(route: string, request: Request): Promise<Response | undefined> {
      // Slowness comes on top; of what fails, one at a time, in the order they were set.
      let failing = false;
      const hit = faults.take((fault) => {
        if (fault.route !== undefined && fault.route !== route) return false;
        if (fault.kind === 'slow') return true;
        const mine = !failing;
        failing = true;
        return mine;
      });
      for (const fault of hit) {
        if (fault.kind === 'slow') await sleep(fault.ms, undefined, { ref: false });
        if (fault.kind === 'hang') await hang(request.signal);
        if (fault.kind === 'status') return byFault(fault);
      }
      if (request.headers.get('authorization') !== `Bearer ${secretKey}`) {
        const message =
          'The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.';
        return refuse(new ClerkRefusal(401, 'clerk_key_invalid', message), now());
      }
      const seconds = overLimit();
      if (seconds === undefined) return undefined;
      return refuse(tooManyRequests(), now(), { 'retry-after': String(seconds) });
    },
  };
};
export type Gate = ReturnType<typeof createGate>;
