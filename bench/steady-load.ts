import { requestBytes } from './connection.ts';
import { sendSteadily } from './load.ts';
import { joining } from './signed-events.ts';

/**
 * Webhooks at a steady rate, from a process of its own: whoever measures beside it must not be kept waiting by its
 * signing. Says so when the load is made, and sends from then on until it is told to end.
 */
const url = process.env['BENCH_LOAD_URL'] ?? '';
const secret = process.env['CLERK_WEBHOOK_SIGNING_SECRET'] ?? '';
const perSecond = Number(process.env['BENCH_LOAD_PER_SECOND']);
const seconds = Number(process.env['BENCH_LOAD_SECONDS']);

const another = () => {
  const { headers, body } = joining(secret);
  return requestBytes(url, headers, body);
};
const made = Array.from({ length: Math.ceil(perSecond * seconds) }, another);
const load = await sendSteadily({
  url,
  perSecond,
  connections: 64,
  next: () => made.pop() ?? another(),
});
process.once('SIGTERM', () => {
  void load.stop().then(() => process.exit(0));
});
process.send?.(url);
