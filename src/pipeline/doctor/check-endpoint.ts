import { type Endpoint, Unreachable } from '../ports.ts';
import { type Check, checkClock, fail, skipped } from './check.ts';
import {
  checkForged,
  checkFresh,
  checkReady,
  checkSameDatabase,
  checkTaken,
  checkUrl,
} from './judge-answers.ts';

export interface EndpointSetting {
  readonly signingSecrets: readonly string[];
  /** One that is none of the worker's. */
  readonly wrongSecret: string;
  /** A token that the worker should know; null where there is none. */
  readonly operatorToken: string | null;
  readonly isLoopback: boolean;
  readonly now: () => number;
  readonly newId: () => string;
  /** Whether the database in `DATABASE_URL` has this delivery; null where it cannot be asked. */
  readonly hasDelivery: (id: string) => Promise<boolean | null>;
}

const CODES = [
  'endpoint_clock',
  'webhook_refuses',
  'webhook_takes',
  'webhook_database',
  'worker_reads_own_writes',
] as const;

/**
 * Asks a deployment from outside, as Clerk does: with a message of a type that means nothing, of which the inbox keeps
 * that it came.
 */
export async function checkEndpoint(endpoint: Endpoint, setting: EndpointSetting): Promise<readonly Check[]> {
  const checks = [checkUrl(endpoint.url, setting.isLoopback)];
  try {
    const ready = await endpoint.get('/readyz');
    checks.push(checkReady(ready), checkClock('endpoint_clock', 'the deployment’s', ready.clockAheadMs));
    checks.push(checkForged(await endpoint.tell(setting.wrongSecret, messageOf(setting))));
    checks.push(...(await checkTaking(endpoint, setting, ready.clockAheadMs)));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    const text = `The deployment cannot be reached: ${error.message}.`;
    const mend = 'Check the URL, DNS and certificate: Clerk reaches it no better than this machine.';
    if (checks.length === 1) checks.push(fail('endpoint_ready', text, mend));
    const seen = new Set(checks.map(({ code }) => code));
    checks.push(...CODES.filter((code) => !seen.has(code)).map((code) => skipped(code, text)));
  }
  return checks;
}

async function checkTaking(
  endpoint: Endpoint,
  setting: EndpointSetting,
  clockAheadMs: number | null,
): Promise<readonly Check[]> {
  const { signingSecrets, operatorToken, hasDelivery } = setting;
  const [first] = signingSecrets;
  if (first === undefined) {
    const text = 'There is no signing secret to sign with.';
    return ['webhook_takes', 'webhook_database', 'worker_reads_own_writes'].map((code) =>
      skipped(code, text, 'Set CLERK_WEBHOOK_SIGNING_SECRET as the deployment has it.'),
    );
  }
  const message = messageOf(setting);
  const read = async () =>
    operatorToken === null ? null : endpoint.get(`/operator/v1/deliveries/${message.id}`, operatorToken);
  // Asked before it is sent: a cache on the way would keep this "not found", and give it again below.
  const before = await read();
  const takes = checkTaken(await endpoint.tell(first, message), message.id, clockAheadMs);
  const others = await Promise.all(
    signingSecrets.slice(1).map(async (secret) => {
      const other = messageOf(setting);
      return checkTaken(await endpoint.tell(secret, other), other.id, clockAheadMs);
    }),
  );
  const refused = others.findIndex(({ status }) => status === 'fail');
  if (takes.status !== 'ok') {
    const text = 'No message of ours was taken.';
    return [takes, skipped('webhook_database', text), skipped('worker_reads_own_writes', text)];
  }
  const known = await hasDelivery(message.id);
  return [
    refused === -1
      ? takes
      : fail(
          'webhook_takes',
          `The deployment takes the first of the signing secrets, and not number ${refused + 2}.`,
          'Set CLERK_WEBHOOK_SIGNING_SECRET of the deployment to the same secrets as here.',
        ),
    checkSameDatabase(known),
    checkFresh(before, await read()),
  ];
}

function messageOf({ newId, now }: EndpointSetting): { readonly id: string; readonly body: string } {
  const event = { data: {}, object: 'event', timestamp: now(), type: 'rolecall.doctor' };
  return { id: newId(), body: JSON.stringify(event) };
}
