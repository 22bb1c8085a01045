import * as v from 'valibot';
import { type ProviderInspection, Unreachable } from '../../pipeline/ports.ts';
import { type BackendApiOptions, clerkBackendApi } from './backend-api.ts';
import * as shapes from './shapes.ts';

const CLERK = 'https://api.clerk.com';

const instance = v.object({
  ...shapes.instance.entries,
  environment_type: v.fallback(v.nullish(v.string()), null),
});
const keySet = v.object({ keys: v.array(v.looseObject({ n: v.optional(v.string(), '') })) });

/**
 * Asks the Backend API without Clerk's client, which keeps the headers to itself: what a proxy answers in Clerk's place,
 * and what time it is there. Throws `Unreachable`.
 */
export async function inspectClerk(options: BackendApiOptions): Promise<ProviderInspection> {
  const { secretKey, apiUrl = CLERK, timeoutMs, clock } = options;
  const ask = async (path: string) => {
    try {
      return await fetch(`${apiUrl.replace(/\/+$/, '')}${path}`, {
        headers: { authorization: `Bearer ${secretKey}` },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw new Unreachable(
        error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : 'no connection',
      );
    }
  };
  const asked = clock.now();
  const answer = await ask('/v1/instance');
  const clockAheadMs = clockAhead(answer.headers.get('date'), asked, clock.now());
  const seen = v.safeParse(instance, await jsonOf(answer));
  const known = answer.status === 200 && seen.success;
  return {
    status: answer.status,
    location: answer.headers.get('location'),
    instance: known ? { id: seen.output.id, environment: seen.output.environment_type ?? null } : null,
    clockAheadMs,
    keys: known ? await keysOf(ask) : null,
    roles: known ? await rolesOf(options) : null,
  };
}

/** The header is cut to whole seconds: half of one is its middle. */
export function clockAhead(date: string | null, askedAt: number, answeredAt: number): number | null {
  const told = Date.parse(date ?? '');
  return Number.isNaN(told) ? null : Math.round((askedAt + answeredAt) / 2 - (told + 500));
}

async function keysOf(ask: (path: string) => Promise<Response>): Promise<readonly string[] | null> {
  try {
    const seen = v.safeParse(keySet, await jsonOf(await ask('/v1/jwks')));
    return seen.success ? seen.output.keys.map(({ n }) => n) : null;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return null;
  }
}

async function rolesOf(options: BackendApiOptions): Promise<readonly string[] | null> {
  const provider = clerkBackendApi(options);
  const found: string[] = [];
  for (let offset = 0, more = true; more; ) {
    const asked = await provider.roles(offset);
    if (!('answer' in asked)) return null;
    for (const one of asked.answer.evidence) if (one.kind === 'role' && one.key !== null) found.push(one.key);
    offset += asked.answer.evidence.length;
    more = asked.answer.more;
  }
  return found.sort();
}

async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}
