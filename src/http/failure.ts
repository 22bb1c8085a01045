import type { Context } from 'hono';

/** Every error that this interface answers: its status, and words that give nothing away. */
const FAILURES = {
  invalid_signature: [401, 'The message could not be verified.'],
  wrong_instance: [403, 'The event belongs to another Clerk instance.'],
  delivery_conflict: [409, 'A different message with this id was taken before.'],
  payload_too_large: [413, 'The body is larger than 512 KiB.'],
  request_timeout: [408, 'The body did not arrive in time.'],
  invalid_request: [400, 'The request could not be read.'],
  invalid_body: [400, 'The body could not be read.'],
  invalid_content_type: [400, 'The body must be sent as application/json.'],
  too_many_evaluations: [413, 'One request holds 1000 evaluations at most.'],
  not_yet: [409, 'The revision asked for has not been reached. Ask again.'],
  unauthenticated: [401, 'A valid bearer token is required.'],
  token_cut_off: [401, 'What this token gave was taken away since. Fetch a fresh one and try again.'],
  session_tokens_not_taken: [404, 'No session tokens are taken here: the service does not know whose.'],
  resync_required: [410, 'Changes cannot be given from there. Fetch a new snapshot.'],
  too_many_streams: [429, 'Too many of this user’s pages wait for changes. Close some.'],
  too_many_attempts: [429, 'Too many wrong tokens were tried. A right one is always taken.'],
  not_from_here: [403, 'The console takes this only from its own pages.'],
  signed_out: [401, 'This session has ended. Sign in again.'],
  read_only: [403, 'This token may look, and change nothing.'],
  nothing_to_retry: [409, 'That effect is done, or was only noted: there is nothing to retry.'],
  replay_ended: [409, 'That replay has ended.'],
  reconciliation_ended: [409, 'That reconciliation has ended.'],
  calls_paused: [409, 'In the mode paused Clerk is asked nothing.'],
  hold_decided: [409, 'That hold waits no more: it was decided on, or a newer one has taken its place.'],
  hold_conflict: [409, 'Another policy was activated since: what waits would not be what was previewed.'],
  forbidden: [403, 'This token may not read that organization.'],
  invalid_identifier: [400, 'An id in the path is not one that the provider could have made.'],
  invalid_parameter: [400, 'A query parameter is missing, repeated, unknown or malformed.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not supported here.'],
  unavailable: [503, 'The request was not taken. Send it again later.'],
  restoring: [
    503,
    'The database was restored and is compared with Clerk before it answers. Ask again later.',
  ],
  misconfigured: [503, 'The service is not configured. Its log says what is missing.'],
  schema_mismatch: [503, 'The database schema does not fit this version. Run the migrations.'],
  wrong_instance_key: [503, 'The secret key belongs to another Clerk instance.'],
} as const;

/** Every answer is about now. */
export const NOT_KEPT = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export type FailureCode = keyof typeof FAILURES;

/**
 * The one place where a failure becomes an answer.
 * @param words instead of the usual ones; they name no value that was sent.
 */
export function failure(
  c: Context,
  code: FailureCode,
  headers: Record<string, string> = {},
  words?: string,
): Response {
  const { status, message } = failureOf(code);
  return c.json({ error: { code, message: words ?? message } }, status, { ...NOT_KEPT, ...headers });
}

export function failureOf(code: FailureCode) {
  const [status, message] = FAILURES[code];
  return { status, message };
}

/** For what cannot be read well enough to become a request at all. */
export function requestRefused(): Response {
  const [status, message] = FAILURES.invalid_request;
  return Response.json({ error: { code: 'invalid_request', message } }, { status, headers: NOT_KEPT });
}

/** Seconds after which a sender may try again: a restart of the database takes about that long. */
export const RETRY_AFTER = { 'retry-after': '5' };
