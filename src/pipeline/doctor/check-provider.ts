import type { ProviderInspection } from '../ports.ts';
import { type Check, checkClock, fail, ok, skipped, warn } from './check.ts';

export interface ProviderSetting {
  /** `CLERK_API_URL`, where it was given. */
  readonly apiUrl: string | undefined;
  readonly keyKind: 'test' | 'live';
  /** The instance that the database is pinned to; undefined where the database could not be asked. */
  readonly pinned: string | null | undefined;
  /** Modulus of `CLERK_JWT_KEY`; null where there is none. */
  readonly modulus: string | null;
}

const UNDEPENDABLE = 'The Backend API did not answer.';

/** What Clerk's answers show of the key, the instance, the clock and the key of session tokens. */
export function checkProvider(
  seen: ProviderInspection | { readonly unreachable: string },
  setting: ProviderSetting,
): readonly Check[] {
  const url = checkApiUrl(setting.apiUrl);
  if ('unreachable' in seen) {
    const mend = 'Let this machine reach Clerk’s Backend API, or correct CLERK_API_URL.';
    return [
      url,
      fail('clerk_key', `The Backend API cannot be reached: ${seen.unreachable}.`, mend),
      ...['clerk_instance', 'clerk_key_kind', 'clerk_clock', 'clerk_jwt_key'].map((code) =>
        skipped(code, UNDEPENDABLE),
      ),
    ];
  }
  return [
    url,
    checkKey(seen),
    checkInstance(seen, setting.pinned),
    checkKind(seen, setting.keyKind),
    checkClock('clerk_clock', 'Clerk’s', seen.clockAheadMs),
    checkJwtKey(seen, setting.modulus),
  ];
}

function checkApiUrl(apiUrl: string | undefined): Check {
  if (apiUrl === undefined) return ok('clerk_api_url', 'Clerk is asked at its own address.');
  const { protocol, hostname, host } = new URL(apiUrl);
  return protocol === 'https:' || isLoopback(hostname)
    ? ok('clerk_api_url', `Clerk is asked at ${host}.`)
    : warn(
        'clerk_api_url',
        `Clerk is asked at ${host} without encryption: the secret key can be read on the way.`,
        'Use https in CLERK_API_URL, or leave it out.',
      );
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127\./.test(hostname);
}

function checkKey({ status, instance, location }: ProviderInspection): Check {
  if (status === 401 || status === 403) {
    return fail(
      'clerk_key',
      `Clerk does not know the secret key (${status}).`,
      'Copy it anew from Clerk’s dashboard, API keys, into CLERK_SECRET_KEY.',
    );
  }
  if (status === 429) {
    return warn(
      'clerk_key',
      'Clerk wants to be asked less at the moment (429).',
      'Find out which app uses up the instance’s limit; Rolecall takes 30 % of it at most.',
    );
  }
  if (instance === null) {
    return fail(
      'clerk_key',
      location === null
        ? `What answers is not Clerk’s Backend API (${status}).`
        : `The Backend API wants to be asked elsewhere (${status}).`,
      'Correct CLERK_API_URL, or whatever stands between as a proxy.',
    );
  }
  return ok('clerk_key', 'Clerk takes the secret key.');
}

function checkInstance({ instance }: ProviderInspection, pinned: string | null | undefined): Check {
  if (instance === null) return skipped('clerk_instance', UNDEPENDABLE);
  if (pinned === undefined)
    return skipped('clerk_instance', 'The database could not be asked for its instance.');
  if (pinned === null) {
    return ok(
      'clerk_instance',
      `No instance was seen yet: the first one will be ${instance.id}, or an event’s.`,
    );
  }
  return pinned === instance.id
    ? ok('clerk_instance', `The key belongs to ${pinned}, as the data does.`)
    : fail(
        'clerk_instance',
        `The key belongs to ${instance.id}, the data to ${pinned}: nothing is looked up or revoked.`,
        'Use the secret key of that instance, or another database for this one.',
      );
}

function checkKind({ instance }: ProviderInspection, kind: ProviderSetting['keyKind']): Check {
  if (instance === null) return skipped('clerk_key_kind', UNDEPENDABLE);
  const { environment } = instance;
  if (environment === null)
    return skipped('clerk_key_kind', 'Clerk does not say what kind of instance it is.');
  const isLive = environment === 'production';
  return isLive === (kind === 'live')
    ? ok('clerk_key_kind', `It is a ${environment} instance’s, with ${isLive ? 1000 : 100} requests in 10 s.`)
    : warn(
        'clerk_key_kind',
        `The key is of the kind sk_${kind}_, the instance is a ${environment} one: its limits are taken wrongly.`,
        'Use a key of that instance itself.',
      );
}

function checkJwtKey({ keys }: ProviderInspection, modulus: string | null): Check {
  if (modulus === null) return skipped('clerk_jwt_key', 'There is no CLERK_JWT_KEY that can be read.');
  if (keys === null) return skipped('clerk_jwt_key', 'Clerk did not tell the keys of its session tokens.');
  return keys.includes(modulus)
    ? ok('clerk_jwt_key', 'CLERK_JWT_KEY is a key that Clerk signs session tokens with.')
    : fail(
        'clerk_jwt_key',
        'Clerk signs session tokens with other keys: every one would be refused.',
        'Copy the PEM public key anew from Clerk’s dashboard, API keys, into CLERK_JWT_KEY.',
      );
}
