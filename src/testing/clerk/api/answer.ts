import { ClerkRefusal } from '../errors.ts';

/**
 * Exactly `application/json`: Clerk's SDK leaves a body with `; charset=utf-8` unparsed and hands out a string.
 * `Date` comes from the stand-in's clock, so that observations can be timed by the response.
 */
export const answer = (
  value: unknown,
  now: number,
  status = 200,
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', date: new Date(now).toUTCString(), ...headers },
  });

export const refuse = (
  refusal: ClerkRefusal,
  now: number,
  headers: Record<string, string> = {},
): Response => {
  const { code, message, longMessage, meta, status } = refusal;
  const trace = Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(32, '0');
  const errors = [{ code, message, long_message: longMessage, meta }];
  return answer({ errors, clerk_trace_id: trace }, now, status, headers);
};

export const tooManyRequests = (): ClerkRefusal =>
  new ClerkRefusal(429, 'too_many_requests', 'Too many requests. Please try again in a bit.');
