import type { Context } from 'hono';

/** Nothing but its own script and style sheet; it is in nobody's frame, and tells nobody where it was. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Sets what every answer of the console carries, refusals as well. */
export function protect(c: Context): void {
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
}
