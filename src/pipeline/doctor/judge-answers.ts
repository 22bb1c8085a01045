import type { EndpointAnswer } from '../ports.ts';
import { type Check, fail, ok, skipped, warn } from './check.ts';

export function checkUrl(url: string, isLoopback: boolean): Check {
  return url.startsWith('https:') || isLoopback
    ? ok('endpoint_url', 'The deployment is asked over an encrypted connection, or on this machine.')
    : warn(
        'endpoint_url',
        'The deployment is asked without encryption: tokens and events can be read on the way.',
        'Serve it over https, behind a proxy where it runs on Node.',
      );
}

export function checkReady(answer: EndpointAnswer): Check {
  if (answer.status === 200 && !answer.html) return ok('endpoint_ready', 'The deployment is ready.');
  const code = textAt(answer.json, 'error', 'code');
  if (code !== null) {
    return fail('endpoint_ready', `The deployment is not ready: ${code}.`, READY[code] ?? 'See its log.');
  }
  return fail('endpoint_ready', `What answers /readyz is not Rolecall (${said(answer)}).`, PATH_MEND);
}

const READY: Readonly<Record<string, string>> = {
  misconfigured: 'Its log names every variable that is missing or malformed (misconfigured).',
  unavailable: 'Its database cannot be reached: check the Hyperdrive configuration, or DATABASE_URL.',
  schema_mismatch: 'Run rolecall migrate on its database.',
  wrong_instance_key: 'Its CLERK_SECRET_KEY belongs to another instance than its data.',
  not_found: 'Give the URL with the path below which Rolecall is mounted.',
};

const PATH_MEND =
  'Give the URL with the path below which Rolecall is mounted, and let no proxy answer in its place.';

/** Of a message that was signed with somebody else's secret. */
export function checkForged(answer: EndpointAnswer): Check {
  if (answer.status === 401 && textAt(answer.json, 'error', 'code') === 'invalid_signature') {
    return ok('webhook_refuses', 'A forged message is refused.');
  }
  if (answer.status === 200) {
    return fail(
      'webhook_refuses',
      'A forged message was answered with 200: whatever answers there does not verify.',
      PATH_MEND,
    );
  }
  return skipped('webhook_refuses', `A forged message was answered otherwise (${said(answer)}).`, PATH_MEND);
}

export function checkTaken(answer: EndpointAnswer, id: string, clockAheadMs: number | null): Check {
  const code = 'webhook_takes';
  const { status, location, json } = answer;
  if (status === 200 && textAt(json, 'delivery') === id) {
    return textAt(json, 'outcome') === 'queued'
      ? warn(
          code,
          'A signed message was taken into the queue: the deployment cannot reach its database.',
          'Check the Hyperdrive configuration, or DATABASE_URL of the deployment.',
        )
      : ok(code, 'A signed message is taken.');
  }
  if (status === 200) {
    return fail(
      code,
      `Something else answers the webhooks’ path with 200 (${said(answer)}): Clerk would take every event for delivered.`,
      PATH_MEND,
    );
  }
  if (status === 401 && Math.abs(clockAheadMs ?? 0) > 5 * 60_000) {
    return fail(
      code,
      'A signed message is refused, for the clocks differ by minutes.',
      'Set the clocks by NTP.',
    );
  }
  if (status === 401) {
    return fail(
      code,
      'A signed message is refused: the deployment has another signing secret.',
      'Copy the endpoint’s signing secret from Clerk’s dashboard into CLERK_WEBHOOK_SIGNING_SECRET, there and here.',
    );
  }
  if (status === 404 || status === 405)
    return fail(code, `There is no webhook at this URL (${status}).`, PATH_MEND);
  if (status >= 300 && status < 400) {
    return fail(
      code,
      `The webhooks’ path is redirected${location === null ? '' : ` to ${location}`}: a message that is redirected is not delivered.`,
      'Name the final URL, in Clerk’s dashboard too.',
    );
  }
  if (status === 503 && textAt(json, 'error', 'code') !== null) {
    return fail(
      code,
      'Neither the database nor the queue can take a message.',
      'Check the Hyperdrive configuration, or DATABASE_URL, and the queue of wrangler.toml.',
    );
  }
  return fail(
    code,
    `A signed message is not taken (${said(answer)}).`,
    'See what stands in front of the deployment: bot protection and access rules must let Clerk’s webhooks through.',
  );
}

export function checkSameDatabase(known: boolean | null): Check {
  if (known === null) return skipped('webhook_database', 'The database could not be asked for the message.');
  return known
    ? ok('webhook_database', 'The deployment writes to the database that was looked at here.')
    : fail(
        'webhook_database',
        'The deployment took the message, and it is not in the database that was looked at here.',
        'Use the same database in DATABASE_URL here and in the deployment (or its Hyperdrive configuration).',
      );
}

/** A read right after a write, of what was asked for before and was not there: whatever caches reads answers that again. */
export function checkFresh(before: EndpointAnswer | null, after: EndpointAnswer | null): Check {
  const code = 'worker_reads_own_writes';
  if (before === null || after === null) {
    return skipped(
      code,
      'There is no operator token to read with.',
      'Set ROLECALL_OPERATOR_TOKEN as the deployment has it.',
    );
  }
  if (before.status === 401 || after.status === 401) {
    return skipped(
      code,
      'The deployment does not know this operator token.',
      'Set ROLECALL_OPERATOR_TOKEN as the deployment has it.',
    );
  }
  if (before.status === 404 && after.status === 200) {
    return ok(
      code,
      'What the deployment writes it reads at once. Queries of your own through a Hyperdrive binding need one with caching disabled.',
    );
  }
  return before.status === 404 && after.status === 404
    ? fail(
        code,
        'The deployment does not read what it wrote a moment before: reads are cached, or go to a replica.',
        'npx wrangler hyperdrive update <id> --caching-disabled, and let no cache answer /operator or /v1.',
      )
    : skipped(code, `The delivery could not be read (${said(before)}, then ${said(after)}).`);
}

function said({ status, html, location }: EndpointAnswer): string {
  return [String(status), html ? 'a page of HTML' : '', location === null ? '' : `to ${location}`]
    .filter((part) => part !== '')
    .join(', ');
}

function textAt(json: unknown, ...path: readonly string[]): string | null {
  let at: unknown = json;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return null;
    at = Object.getOwnPropertyDescriptor(at, name)?.value;
  }
  return typeof at === 'string' ? at : null;
}
