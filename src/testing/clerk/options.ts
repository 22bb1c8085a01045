/** Where events are sent. `fetch` delivers in process instead of over the network. */
export interface WebhookEndpoint {
  readonly url: string;
  /** Default: the instance's. Two endpoints with two secrets are how a secret is rotated. */
  readonly signingSecret?: string;
  readonly fetch?: (request: Request) => Response | Promise<Response>;
}

export interface ClerkStandInOptions {
  readonly instanceId?: string;
  readonly secretKey?: string;
  /** `whsec_` and the base64 of at least 24 bytes. */
  readonly signingSecret?: string;
  readonly issuer?: string;
  /** The `azp` of tokens: the origin of the app they were made for. */
  readonly authorizedParty?: string;
  /** Milliseconds. Provider times are taken from it, and strictly increase even while it stands still. */
  readonly now?: () => number;
  /** Same seed, same ids and same faults. Default: a different one each time. */
  readonly seed?: number;
  /** PKCS#8 PEM of the RSA key that signs tokens. Default: one made on first use. */
  readonly privateKeyPem?: string;
  readonly endpoints?: readonly WebhookEndpoint[];
  /** False: events wait in the outbox for `deliver`, `signed` or `resume`. */
  readonly autoSend?: boolean;
  /** Milliseconds to wait after the first, second, … failed attempt. */
  readonly retrySchedule?: readonly number[];
  readonly attemptTimeout?: number;
  /** Messages on their way at once, per endpoint. */
  readonly concurrency?: number;
  /** Whether deleting a user or an organization also fires `organizationMembership.deleted`; Clerk promises neither. */
  readonly membershipEventsOnDelete?: boolean;
  /** Answers 429 beyond so many API calls in a window. Default: no limit. */
  readonly rateLimit?: { readonly requests: number; readonly windowMs: number };
  /** History entries of an earlier life, replayed before anything else. */
  readonly restore?: readonly unknown[];
  /** Called with every entry as it is made: append it to a file and hand it to `restore` later. */
  readonly onChange?: (entry: unknown) => void;
}

/** Svix's own: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h. */
export const SVIX_RETRY_SCHEDULE: readonly number[] = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000,
];

/** The same number of attempts in six seconds. */
export const SHORT_RETRY_SCHEDULE: readonly number[] = [50, 100, 200, 400, 800, 1_600, 3_200];

export const defaults = {
  instanceId: 'ins_standin',
  secretKey: 'sk_test_standin_not_a_real_key',
  signingSecret: `whsec_${btoa('stand-in signing secret, not real')}`,
  issuer: 'https://standin.clerk.accounts.dev',
  authorizedParty: 'http://localhost:3000',
} as const;
