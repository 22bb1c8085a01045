import type { Consequences } from '../domain/effects.ts';
import { type AccessToken, LONGEST_TOKEN, type OperatorToken } from '../http/bearer.ts';
import { MODES, type Mode } from '../pipeline/ports.ts';
import type { Retention } from '../pipeline/upkeep/forget-old.ts';
import { isStandInsSecret, signingSecretProblem } from '../provider/clerk/verify.ts';
import type { TokenRules } from '../sdk/guard/session-token.ts';
import { readClerkAccess } from './clerk-access.ts';
import { CONSEQUENCES_PROBLEM, readConsequences } from './consequences.ts';
import { readSchedule, SCHEDULE_PROBLEM } from './schedule.ts';
import { readTokenRules } from './session-tokens.ts';

/** Everything the environment says, checked. */
export interface Config {
  readonly signingSecrets: readonly string[];
  readonly secretKey: string;
  readonly apiUrl: string | undefined;
  readonly readTokens: readonly AccessToken[];
  readonly operatorTokens: readonly OperatorToken[];
  /** Whose session tokens are taken; null for nobody's. */
  readonly tokenRules: TokenRules | null;
  readonly mode: Mode;
  readonly consequences: Consequences;
  readonly retention: Retention;
  /** How often everything is compared with Clerk; null for never by itself. */
  readonly reconcileEveryMs: number | null;
}

/** Long enough for a replay after a holiday, and no longer: they hold names and addresses. */
const KEEP_PAYLOADS_DAYS = 30;
/** As `rolecall.forget` has it: nobody removes the trail of what happened lately. */
const KEEP_CHANGES_DAYS = 30;

export type Environment = Readonly<Record<string, unknown>>;

/** Reads the environment. All problems at once, each naming its variable and never its value. */
export function readConfig(
  env: Environment,
): { readonly config: Config } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = env[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  const words = (name: string): string[] => {
    const found = text(name)
      .split(/\s+/)
      .filter((word) => word !== '');
    if (found.length === 0) problems.push(`${name} is missing`);
    return found;
  };

  const signingSecrets = words('CLERK_WEBHOOK_SIGNING_SECRET');
  const { secretKey, apiUrl, problems: ofClerk } = readClerkAccess(text);
  signingSecrets.forEach((secret, index) => {
    const problem = signingSecretProblem(secret) ?? standInsProblem(secret, apiUrl);
    if (problem !== null)
      problems.push(`CLERK_WEBHOOK_SIGNING_SECRET ${ordinal(index, signingSecrets)}${problem}`);
  });
  problems.push(...ofClerk);

  const readTokens = words('ROLECALL_READ_TOKEN').map(parseAccessToken);
  if (readTokens.includes(null)) {
    problems.push(
      'ROLECALL_READ_TOKEN must hold secret, name:secret or name@organization:secret, separated by spaces',
    );
  }
  if (new Set(readTokens.map((token) => token?.secret)).size < readTokens.length) {
    problems.push('ROLECALL_READ_TOKEN must not hold the same secret under two names');
  }

  const operatorTokens = words('ROLECALL_OPERATOR_TOKEN').map(parseOperatorToken);
  if (operatorTokens.includes(null)) {
    problems.push(
      'ROLECALL_OPERATOR_TOKEN must hold secret, name:secret or name+read:secret, separated by spaces',
    );
  }
  const operatorSecrets = new Set(operatorTokens.map((token) => token?.secret));
  if (operatorSecrets.size < operatorTokens.length) {
    problems.push('ROLECALL_OPERATOR_TOKEN must not hold the same secret under two names');
  }
  if (readTokens.some((token) => token !== null && operatorSecrets.has(token.secret))) {
    problems.push(
      'ROLECALL_OPERATOR_TOKEN must not hold a secret of ROLECALL_READ_TOKEN: apps would be operators',
    );
  }

  const tokens = readTokenRules(text);
  if ('problems' in tokens) problems.push(...tokens.problems);

  const mode = MODES.find((known) => known === (text('ROLECALL_MODE') || 'enforce'));
  if (mode === undefined) problems.push('ROLECALL_MODE must be enforce, observe or paused');

  const consequences = readConsequences(text('ROLECALL_CONSEQUENCES'));
  if (consequences === null) problems.push(CONSEQUENCES_PROBLEM);

  const days = (name: string, least: number): number | null => {
    const given = text(name);
    if (given === '') return null;
    const read = /^[1-9][0-9]{0,4}$/.test(given) ? Number(given) : 0;
    if (read < least) problems.push(`${name} must be a whole number of days, ${least} to 99999`);
    return read;
  };
  const retention = {
    payloadDays: days('ROLECALL_KEEP_PAYLOADS', 1) ?? KEEP_PAYLOADS_DAYS,
    changeDays: days('ROLECALL_KEEP_CHANGES', KEEP_CHANGES_DAYS),
  };

  const reconcileEveryMs = readSchedule(text('ROLECALL_RECONCILE_EVERY'));
  if (reconcileEveryMs === 'unreadable') problems.push(SCHEDULE_PROBLEM);

  if (
    problems.length > 0 ||
    mode === undefined ||
    consequences === null ||
    reconcileEveryMs === 'unreadable' ||
    'problems' in tokens
  ) {
    return { problems };
  }
  return {
    config: {
      signingSecrets,
      secretKey,
      apiUrl,
      readTokens: readTokens.filter((token) => token !== null),
      operatorTokens: operatorTokens.filter((token) => token !== null),
      tokenRules: tokens.rules,
      mode,
      consequences,
      retention,
      reconcileEveryMs,
    },
  };
}

/** Beside Clerk itself it would let everybody in who has read our package. Its stand-in is spoken to without TLS. */
function standInsProblem(secret: string, apiUrl: string | undefined): string | null {
  if (!isStandInsSecret(secret) || apiUrl?.startsWith('http:') === true) return null;
  return 'is the stand-in’s, which everybody knows: copy the one of your endpoint from Clerk’s dashboard';
}

function ordinal(index: number, all: readonly string[]): string {
  return all.length > 1 ? `(number ${index + 1}) ` : '';
}

/**
 * The name ends at the first colon, so that a secret may hold more of them. A word with a colon is never taken whole:
 * `app@org_1:` with its secret left out would be a token for everything, and easy to guess.
 */
function parseAccessToken(word: string): AccessToken | null {
  const match = word.includes(':')
    ? /^([A-Za-z0-9_.-]+)(?:@([A-Za-z0-9_-]+))?:([\x21-\x7e]+)$/.exec(word)
    : /^()()([\x21-\x7e]+)$/.exec(word);
  const secret = match?.[3];
  if (secret === undefined || secret.length > LONGEST_TOKEN) return null;
  return { name: match?.[1] || 'default', organization: match?.[2] || null, secret };
}

/** As above. What stands after a plus is never part of a name: `ann+raed:…` would be one that may write. */
function parseOperatorToken(word: string): OperatorToken | null {
  const match = word.includes(':')
    ? /^([A-Za-z0-9_.-]+)(\+read)?:([\x21-\x7e]+)$/.exec(word)
    : /^()()([\x21-\x7e]+)$/.exec(word);
  const secret = match?.[3];
  if (secret === undefined || secret.length > LONGEST_TOKEN) return null;
  return { name: match?.[1] || 'default', mayWrite: !match?.[2], secret };
}
