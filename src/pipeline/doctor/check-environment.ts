import { type Check, fail, ok, skipped, warn } from './check.ts';
import { isLoopback } from './check-provider.ts';

/** What the environment says, as far as it can be read. */
export interface EnvironmentSetting {
  readonly problems: readonly string[];
  readonly signingSecrets: number;
  /** Whose token it is, and the token; null where they cannot be read. */
  readonly tokens: readonly { readonly of: string; readonly secret: string }[] | null;
  readonly sessionTokens: {
    readonly issuer: string;
    readonly authorizedParties: readonly string[];
  } | null;
  /** Whether `CLERK_JWT_KEY` is a key that signatures can be checked with; null where there is none. */
  readonly jwtKeyReadable: boolean | null;
}

export function checkEnvironment(setting: EnvironmentSetting): readonly Check[] {
  return [
    setting.problems.length === 0
      ? ok('environment', 'Every variable is there and well formed.')
      : fail(
          'environment',
          'Variables are missing or malformed; the worker answers 503 until they are set.',
          'Set each: npx wrangler secret put NAME on Workers, the environment of the process on Node.',
          setting.problems,
        ),
    setting.signingSecrets === 0
      ? skipped('signing_secret', 'There is no signing secret that can be read.')
      : ok(
          'signing_secret',
          setting.signingSecrets === 1
            ? 'There is one signing secret.'
            : `There are ${setting.signingSecrets} signing secrets, as while one is rotated.`,
        ),
    checkTokens(setting.tokens),
    checkSessionTokens(setting),
  ];
}

/** What can be guessed offline does not exist here; what can be guessed at all is short, or one character again and again. */
const [SHORT, MONOTONOUS] = [24, 10];

function checkTokens(tokens: EnvironmentSetting['tokens']): Check {
  if (tokens === null) return skipped('tokens', 'The tokens of apps and operators cannot be read yet.');
  const weak = tokens.filter(({ secret }) => secret.length < SHORT || new Set(secret).size < MONOTONOUS);
  return weak.length === 0
    ? ok('tokens', 'The tokens of apps and operators are long enough.')
    : warn(
        'tokens',
        'Tokens are short, or of few different characters: they could be guessed.',
        'Make new ones: openssl rand -base64 32.',
        weak.map(({ of }) => of),
      );
}

function checkSessionTokens({ sessionTokens, jwtKeyReadable }: EnvironmentSetting): Check {
  const code = 'session_tokens';
  if (jwtKeyReadable === false) {
    return fail(
      code,
      'CLERK_JWT_KEY is no RSA public key.',
      'Copy the PEM public key from Clerk’s dashboard, API keys.',
    );
  }
  if (sessionTokens === null) {
    return skipped(
      code,
      'Session tokens are not taken: /v1/me is off.',
      'For browsers, set CLERK_JWT_KEY, CLERK_ISSUER and ROLECALL_AUTHORIZED_PARTIES.',
    );
  }
  const plain = [sessionTokens.issuer, ...sessionTokens.authorizedParties].filter(
    (url) => url.startsWith('http:') && !isLoopback(new URL(url).hostname),
  );
  return plain.length === 0
    ? ok(code, 'Session tokens of this issuer and these origins are taken.', sessionTokens.authorizedParties)
    : warn(
        code,
        'The issuer, or an origin, is not of https.',
        'Name them as they are in the tokens: https://….',
        plain,
      );
}
