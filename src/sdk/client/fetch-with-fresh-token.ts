import * as v from 'valibot';

/** Clerk's `getToken`, of `useAuth()` or of a session. */
export type GetToken = (options?: { readonly skipCache?: boolean }) => Promise<string | null>;

/** A token tells its time in whole seconds, and those of the cutoff's own second are refused. */
const PAST_THE_SECOND_MS = 1_000;

const CutOff = v.object({ error: v.object({ code: v.literal('token_cut_off') }) });

/**
 * A `fetch` that carries the user's session token, and survives that token being cut off. Whoever loses anything is
 * refused with the token they had (401, code `token_cut_off`), though they may still hold the rest; Clerk's cache goes
 * on giving out that same token for up to a minute. So: one fresh token a second later, one more try. Any other answer is given back as
 * it is, and so is the second one, whatever it says; signed out meanwhile, there is no second one.
 *
 * Cookies are left out unless `credentials` says otherwise: a guard refuses two tokens that differ, and in a browser
 * with several tabs the cookie's and this one do now and then.
 */
export function fetchWithFreshToken(
  getToken: GetToken,
  send: (request: Request) => Promise<Response> = (request) => fetch(request),
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, { credentials: 'omit', ...init });
    // A body can be sent once: what is left of this one is for the second try.
    const again = request.clone();
    const first = await send(withToken(request, await getToken()));
    if (!(await isCutOff(first))) return first;
    await new Promise((resolve) => setTimeout(resolve, PAST_THE_SECOND_MS));
    const fresh = await getToken({ skipCache: true });
    return fresh === null ? first : send(withToken(again, fresh));
  };
}

function withToken(request: Request, token: string | null): Request {
  if (token === null) request.headers.delete('authorization');
  else request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

async function isCutOff(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  try {
    return v.is(CutOff, await response.clone().json());
  } catch {
    return false;
  }
}
