import type { GetToken } from '../client/fetch-with-fresh-token.ts';
import { eventReader } from '../snapshot/events.ts';
import { lineReader } from '../snapshot/lines.ts';
import { patiently, pause } from '../snapshot/patience.ts';
import { chunksOf } from '../snapshot/requests.ts';
import {
  afterChange,
  concerns,
  LOADING,
  type MyAccess,
  NO_ACCESS,
  readAnswer,
  readTold,
} from './my-access.ts';

export interface Watching {
  /** Where Rolecall is served, with its base path and without a slash at its end. */
  readonly url: string;
  readonly organization: string;
  readonly getToken: GetToken;
  readonly fetch: typeof fetch;
  onAccess(access: MyAccess): void;
}

/** The server gives a sign of life every five seconds. */
const PATIENCE_MS = 15_000;
/** A stream that ends sooner was refused in another way. */
const SHORT_MS = 1_000;
/** Not all pages at one moment: a change of a role is heard of by all of them. */
const SPREAD_MS = 250;
/** Whoever has heard nothing for so long knows nothing. */
const BELIEVED_MS = 30_000;
/** A token tells its time in whole seconds, and those of the cutoff's own second are refused. */
const PAST_THE_SECOND_MS = 1_000;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 30_000];

/**
 * Keeps what the user may do current until it is stopped. With the token its stream ends, be it by its time or because
 * it was cut off: then a fresh one is fetched, once, and it goes on.
 */
export function watchAccess(watching: Watching): () => void {
  const { url, organization, onAccess } = watching;
  const over = new AbortController();
  const { signal } = over;
  let access: MyAccess = LOADING;
  let heardAt = Number.NEGATIVE_INFINITY;

  const set = (next: MyAccess): void => {
    access = next;
    if (!signal.aborted) onAccess(next);
  };

  const ask = (path: string, token: string, accept: string): Promise<Response> =>
    patiently(
      watching.fetch(`${url}/v1/me/${path}`, {
        headers: { authorization: `Bearer ${token}`, accept },
        credentials: 'omit',
        cache: 'no-store',
        signal,
      }),
      { signal, ms: PATIENCE_MS },
    );

  /** @returns what to do next. */
  const once = async (fresh: boolean): Promise<'again' | 'fresh_token' | 'failed'> => {
    const token = await watching.getToken(fresh ? { skipCache: true } : undefined);
    if (token === null) {
      set(NO_ACCESS);
      return 'failed';
    }
    const answer = await ask(`organizations/${encodeURIComponent(organization)}`, token, 'application/json');
    if (answer.status === 401) {
      // Whatever was held may be lost: until that is known, nothing is shown.
      set(fresh ? NO_ACCESS : LOADING);
      return fresh ? 'failed' : 'fresh_token';
    }
    if (answer.status === 403 || answer.status === 404) {
      set(NO_ACCESS);
      return 'failed';
    }
    const read = answer.ok ? readAnswer(await answer.json()) : null;
    if (read === null) return 'failed';
    heardAt = performance.now();
    set(read.access);
    return follow(read.revision, token);
  };

  const follow = async (revision: number, token: string): Promise<'again' | 'failed'> => {
    const response = await ask(`changes?after=${revision}`, token, 'text/event-stream');
    if (!response.ok) {
      response.body?.cancel().catch(() => undefined);
      // Too far behind, or cut off meanwhile: asking anew tells.
      return response.status === 410 || response.status === 401 ? 'again' : 'failed';
    }
    const [lines, read] = [lineReader(), eventReader()];
    const began = performance.now();
    for await (const chunk of chunksOf(response, { signal, ms: PATIENCE_MS })) {
      for (const line of lines.push(chunk)) {
        const event = read(line);
        if (event === null) continue;
        heardAt = performance.now();
        if (event.type !== 'event') continue;
        const told = readTold(event.data);
        if (told !== null && !concerns(access, told, organization)) continue;
        // At once: the answer to what comes next may take a fresh token.
        set(told === null ? LOADING : afterChange(access, told, organization));
        await pause(Math.random() * SPREAD_MS, signal);
        return 'again';
      }
    }
    return performance.now() - began < SHORT_MS ? 'failed' : 'again';
  };

  const run = async (): Promise<void> => {
    let [failures, fresh] = [0, false];
    while (!signal.aborted) {
      const outcome = await once(fresh).catch(() => 'failed' as const);
      if (signal.aborted) return;
      fresh = outcome === 'fresh_token';
      failures = outcome === 'failed' ? failures + 1 : 0;
      const unheard = performance.now() - heardAt > BELIEVED_MS;
      if (outcome === 'failed' && unheard && access !== NO_ACCESS && access !== LOADING) set(LOADING);
      if (fresh) await pause(PAST_THE_SECOND_MS, signal);
      if (failures > 0) {
        const backoff = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
        await pause(backoff * (1 + Math.random()) * 0.5, signal);
      }
    }
  };
  void run();
  return () => over.abort();
}
