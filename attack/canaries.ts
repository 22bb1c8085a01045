import { createHash } from 'node:crypto';

/**
 * Strings that exist nowhere else: whoever finds one in a log, a table or an answer has found a leak. Half of one is
 * enough: a log that cuts secrets short has told half of them.
 */
export interface Canaries {
  readonly signingSecret: string;
  readonly secretKey: string;
  readonly serviceLogin: string;
  readonly readerLogin: string;
  /** Of an app that may ask about everybody, and of one that may ask about `org_acme` alone. */
  readonly readToken: string;
  readonly acmeToken: string;
  readonly operatorToken: string;
  /** May look, and change nothing. */
  readonly lookerToken: string;
  /** One-time codes that come in messages of Clerk's. */
  readonly codes: readonly [string, string, string];
  readonly privateMetadata: string;
  readonly unsafeMetadata: string;
}

export function canariesOf(seed: number): Canaries {
  const text = (what: string) => createHash('sha256').update(`${seed} ${what}`).digest('hex').slice(0, 40);
  return {
    signingSecret: `whsec_${Buffer.from(text('signing')).toString('base64')}`,
    secretKey: `sk_test_${text('key')}`,
    serviceLogin: text('service'),
    readerLogin: text('reader'),
    readToken: text('read'),
    acmeToken: text('acme'),
    operatorToken: text('operator'),
    lookerToken: text('looker'),
    codes: [text('email'), text('sms'), text('broken')],
    privateMetadata: text('private'),
    unsafeMetadata: text('unsafe'),
  };
}

export interface Needle {
  /** What it is, without saying it. */
  readonly secret: string;
  readonly text: string;
}

/** Every session token begins like this: no token of anybody's may be told. */
const BEGINNING_OF_A_TOKEN = 'eyJhbGciOi';

/** What to look for: halves of every secret, as text, hexadecimal and base64. */
export function needlesOf(canaries: Canaries, more: Readonly<Record<string, string>> = {}): Needle[] {
  const { codes, signingSecret, secretKey, ...others } = canaries;
  const secrets = {
    ...others,
    ...more,
    signingSecret: signingSecret.replace('whsec_', ''),
    signingKey: Buffer.from(signingSecret.replace('whsec_', ''), 'base64').toString(),
    secretKey: secretKey.replace('sk_test_', ''),
    ...Object.fromEntries(codes.map((code, index) => [`oneTimeCode${index + 1}`, code])),
  };
  const halves = Object.entries(secrets).flatMap(([secret, text]) => {
    const middle = Math.floor(text.length / 2);
    return [text.slice(0, middle), text.slice(middle)].map((half): [string, string] => [secret, half]);
  });
  return [
    ...halves.flatMap(([secret, half]) => encodings(half).map((text) => ({ secret, text }))),
    { secret: 'sessionToken', text: BEGINNING_OF_A_TOKEN },
  ];
}

function encodings(text: string): string[] {
  // Three bytes are four characters: what the same text is encoded to hangs on where it begins.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.from(`${' '.repeat(shift)}${text}`)
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  );
  return [text, Buffer.from(text).toString('hex'), ...shifted];
}

/** What may stand in the bytes of a message of a known type, which are kept for a replay and never parsed for it. */
export const KEPT_AS_RECEIVED: ReadonlySet<string> = new Set(['privateMetadata', 'unsafeMetadata']);

/** Finds the first of the needles in a text; null where there is none. */
export function finderOf(needles: readonly Needle[]): (text: string) => string | null {
  const known = new Map(needles.map(({ secret, text }) => [text, secret]));
  const pattern = new RegExp([...known.keys()].map((text) => text.replaceAll(/[+/=.$^]/g, '\\$&')).join('|'));
  return (text) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined ? null : (known.get(found) ?? null);
  };
}
