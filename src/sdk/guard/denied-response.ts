import type { Denied } from './authorization.ts';

/**
 * What a denied request is answered where the app says nothing else: `{"error":{"code","message"}}`, and for a 403 the
 * permission that is missing. Why a token was refused is not in it.
 */
export function deniedResponse(denied: Denied): Response {
  const { status, code } = denied;
  const headers = { 'cache-control': 'no-store', ...extraHeaders(denied) };
  const error = { code, message: messageOf(denied) };
  return Response.json(
    { error: denied.code === 'forbidden' ? { ...error, permission: denied.permission } : error },
    { status, headers },
  );
}

function messageOf(denied: Denied): string {
  switch (denied.code) {
    case 'unauthenticated':
      return 'A valid session token is required.';
    case 'token_cut_off':
      return 'What this token gave was taken away since. Fetch a fresh one and try again.';
    case 'forbidden':
      return `The permission ${denied.permission} is required.`;
    case 'unavailable':
      return 'Access cannot be decided now. Try again later.';
  }
}

/** RFC 6750, section 3: without a token the challenge names no error. */
function extraHeaders({ status, reason }: Denied): Record<string, string> {
  if (status === 503) return { 'retry-after': '5' };
  if (status === 403) return {};
  return { 'www-authenticate': reason === 'no_token' ? 'Bearer' : 'Bearer error="invalid_token"' };
}
