import { describe, expect, expectTypeOf, it } from 'vitest';
import { parseMessage } from '../../src/provider/clerk/parse.ts';
import {
  readSignedHeaders,
  signingSecretProblem,
  type VerificationFailure,
  VerifiedMessage,
} from '../../src/provider/clerk/verify.ts';
import { svixHeaders, svixSignature } from '../../src/testing/index.ts';

/** Svix's own example, published with its scheme. */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const SECRET = `whsec_${btoa('one secret of thirty-two bytes!!')}`;
const OTHER = `whsec_${btoa('another one of thirty-two bytes!')}`;
const THIRD = `whsec_${btoa('a third one of thirty-two bytes!')}`;
const NOW = 1_795_293_922_000;
const BODY = '{"type":"user.created","note":"é 漢 🙂"}';

const bytes = (text: string) => new TextEncoder().encode(text);
const headersOf = (given: object) =>
  new Headers(Object.entries(given).filter((one): one is [string, string] => typeof one[1] === 'string'));

function verify(
  given: object,
  body: string | Uint8Array = BODY,
  secrets: readonly string[] = [SECRET],
  now = NOW,
): 'verified' | VerificationFailure {
  const raw = typeof body === 'string' ? bytes(body) : body;
  const result = VerifiedMessage.verify(secrets, { headers: headersOf(given), body: raw }, now);
  return typeof result === 'string' ? result : 'verified';
}

const good = (over: Record<string, string | undefined> = {}) => ({
  ...svixHeaders(SECRET, 'msg_1', NOW, BODY),
  ...over,
});

describe('the signature', () => {
  it("accepts the scheme's published example", () => {
    const given = {
      'svix-id': VECTOR.id,
      'svix-timestamp': VECTOR.timestamp,
      'svix-signature': VECTOR.signature,
    };
    const now = Number(VECTOR.timestamp) * 1000;
    expect(verify(given, VECTOR.body, [VECTOR.secret], now)).toBe('verified');
    expect(verify(given, VECTOR.body.replace(' ', ''), [VECTOR.secret], now)).toBe('signature_mismatch');
  });

  it('hands on the id, the bytes and the text that were signed', () => {
    const body = bytes(BODY);
    const result = VerifiedMessage.verify([SECRET], { headers: headersOf(good()), body }, NOW);
    expect(result).toMatchObject({ id: 'msg_1', bytes: body, text: BODY });
  });

  it('is refused when any one character of it is another', () => {
    const { 'svix-signature': signature } = good();
    for (let at = 0; at < signature.length; at += 1) {
      for (const other of ['A', 'B', ' ', ',', '=']) {
        if (signature[at] === other) continue;
        const changed = signature.slice(0, at) + other + signature.slice(at + 1);
        expect(verify(good({ 'svix-signature': changed })), `${at} ${other}`).not.toBe('verified');
      }
    }
  });

  it('is refused when any one character of it is missing or doubled', () => {
    const { 'svix-signature': signature } = good();
    for (let at = 0; at < signature.length; at += 1) {
      const without = signature.slice(0, at) + signature.slice(at + 1);
      const doubled = signature.slice(0, at) + signature[at] + signature.slice(at);
      expect(verify(good({ 'svix-signature': without })), without).not.toBe('verified');
      expect(verify(good({ 'svix-signature': doubled })), doubled).not.toBe('verified');
    }
  });

  it('covers every character of the id', () => {
    for (const id of ['nsg_1', 'msg_2', 'msg_', 'msg_11', 'Msg_1', 'msg-1']) {
      expect(verify(good({ 'svix-id': id })), id).toBe('signature_mismatch');
    }
  });

  it('covers every digit of the timestamp', () => {
    const seconds = String(NOW / 1000);
    for (let at = 0; at < seconds.length; at += 1) {
      const digit = (Number(seconds[at]) + 1) % 10;
      const changed = seconds.slice(0, at) + digit + seconds.slice(at + 1);
      expect(verify(good({ 'svix-timestamp': changed })), changed).not.toBe('verified');
    }
  });

  it('covers every byte of the body, its first and its last', () => {
    const raw = bytes(BODY);
    for (let at = 0; at < raw.length; at += 1) {
      const changed = raw.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect(verify(good(), changed), `byte ${at}`).not.toBe('verified');
    }
    expect(verify(good(), raw.slice(0, -1))).not.toBe('verified');
    expect(verify(good(), raw.slice(1))).not.toBe('verified');
    expect(verify(good(), `${BODY}\n`)).toBe('signature_mismatch');
    expect(verify(good(), '')).toBe('signature_mismatch');
  });

  it('lets no dot move between id, timestamp and body', () => {
    // The same signed text, cut at another dot.
    const body = '1795293922.{}';
    const signature = svixSignature(SECRET, 'msg_1', NOW / 1000, body);
    const given = { 'svix-id': 'msg_1', 'svix-timestamp': '1795293922', 'svix-signature': signature };
    expect(verify(given, body)).toBe('verified');
    expect(verify({ ...given, 'svix-id': 'msg_1.1795293922' }, '{}')).toBe('id_malformed');
  });

  it.each([
    ['', 'signature_malformed'],
    ['v1', 'signature_malformed'],
    ['v1,', 'signature_malformed'],
    ['v1, ', 'signature_malformed'],
    [',', 'signature_malformed'],
    ['v1,====', 'signature_malformed'],
    ['v1,****', 'signature_malformed'],
    ['v1;abc', 'signature_malformed'],
    ['v1,AAAA', 'signature_mismatch'],
    ['hmac abc', 'signature_malformed'],
    [`v1,${'A'.repeat(5000)}`, 'signature_mismatch'],
  ])('is refused when it is %j', (signature, reason) => {
    expect(verify(good({ 'svix-signature': signature }))).toBe(reason);
  });

  it('is refused under another version, whatever it says', () => {
    const { 'svix-signature': signature } = good();
    const mac = signature.slice('v1,'.length);
    for (const version of ['v2', 'v0', 'v11', 'v1a', 'V1', 'v']) {
      expect(verify(good({ 'svix-signature': `${version},${mac}` })), version).not.toBe('verified');
    }
  });

  it('passes when one of several is right, wherever it stands', () => {
    const { 'svix-signature': right } = good();
    const wrong = svixSignature(OTHER, 'msg_1', NOW / 1000, BODY);
    expect(verify(good({ 'svix-signature': `${right} ${wrong}` }))).toBe('verified');
    expect(verify(good({ 'svix-signature': `${wrong} ${right}` }))).toBe('verified');
    expect(verify(good({ 'svix-signature': `v2,AAAA ${wrong} ${right} v1a,AAAA` }))).toBe('verified');
    expect(verify(good({ 'svix-signature': `${wrong} ${wrong}` }))).toBe('signature_mismatch');
  });

  it('may come sixteen times and not seventeen', () => {
    const { 'svix-signature': right } = good();
    const many = (count: number) => [...Array<string>(count - 1).fill('v1,AAAA'), right].join(' ');
    expect(verify(good({ 'svix-signature': many(16) }))).toBe('verified');
    expect(verify(good({ 'svix-signature': many(17) }))).toBe('signature_malformed');
  });
});

describe('the headers', () => {
  it.each([
    ['svix-id', 'id_missing'],
    ['svix-timestamp', 'timestamp_missing'],
    ['svix-signature', 'signature_missing'],
  ])('are refused without %s', (name, reason) => {
    expect(verify(good({ [name]: undefined }))).toBe(reason);
  });

  it.each([
    ['svix-id', 'id_malformed'],
    ['svix-timestamp', 'timestamp_malformed'],
    ['svix-signature', 'signature_malformed'],
  ])('are refused with an empty %s', (name, reason) => {
    expect(verify(good({ [name]: '' }))).toBe(reason);
  });

  it.each(['svix-id', 'svix-timestamp', 'svix-signature'] as const)(
    'are refused when %s comes twice, with the same value or another',
    (name) => {
      for (const other of [good()[name], 'x']) {
        const given = headersOf(good());
        given.append(name, other);
        const result = VerifiedMessage.verify([SECRET], { headers: given, body: bytes(BODY) }, NOW);
        expect(result).toBe(`${name.slice('svix-'.length)}_malformed`);
      }
    },
  );

  it.each([
    'msg 1',
    'msg\t1',
    "msg'1",
    'msg/1',
    '_msg',
    '.',
    'é',
    `m${'x'.repeat(191)}`,
    'msg_1,msg_1',
    'msg_1.2',
  ])('are refused with the id %j', (id) => {
    const given = good({
      'svix-id': id,
      'svix-signature': svixSignature(SECRET, id, NOW / 1000, BODY),
    });
    expect(verify(given)).toBe('id_malformed');
  });

  it('are refused under the names of the standard, alone', () => {
    const given = good();
    const webhook = {
      'webhook-id': given['svix-id'],
      'webhook-timestamp': given['svix-timestamp'],
      'webhook-signature': given['svix-signature'],
    };
    expect(verify(webhook)).toBe('id_missing');
    expect(verify({ ...webhook, 'svix-id': 'msg_1' })).toBe('timestamp_missing');
  });

  it('count under their own names when both kinds are there', () => {
    const webhook = { 'webhook-id': 'msg_2', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
    expect(verify({ ...good(), ...webhook })).toBe('verified');
    const forged = svixHeaders(OTHER, 'msg_1', NOW, BODY);
    const right = good();
    const swapped = {
      ...forged,
      'webhook-id': right['svix-id'],
      'webhook-timestamp': right['svix-timestamp'],
      'webhook-signature': right['svix-signature'],
    };
    expect(verify(swapped)).toBe('signature_mismatch');
  });
});

describe('the timestamp', () => {
  const sentAt = (seconds: number) => svixHeaders(SECRET, 'msg_1', seconds * 1000, BODY);

  it('may be five minutes early or late, and not a second more', () => {
    const now = NOW / 1000;
    expect(verify(sentAt(now - 300))).toBe('verified');
    expect(verify(sentAt(now - 301))).toBe('timestamp_too_old');
    expect(verify(sentAt(now + 300))).toBe('verified');
    expect(verify(sentAt(now + 301))).toBe('timestamp_too_new');
    // Whole seconds: 999 ms more do not make it older.
    expect(verify(sentAt(now - 300), BODY, [SECRET], NOW + 999)).toBe('verified');
  });

  it.each([
    '1795293922abc',
    '-1795293922',
    '+1795293922',
    '1795293922.0',
    '1795293922.5',
    '1.795293922e9',
    '1795293922e0',
    '0x6B0243E2',
    '01795293922',
    '001795293922',
    '17952939220000000000',
    '1795293922000',
    '0',
    '٣١٧٩٥٢٩٣٩٢٢',
    'NaN',
    'Infinity',
    '1795293922 ,1795293922',
    '1795293922, 1795293922',
  ])('is refused as %j, even where the signature would match', (timestamp) => {
    const headers = {
      get: (name: string) => (name === 'svix-timestamp' ? timestamp : headersOf(good()).get(name)),
    };
    // Not through Headers, which takes only bytes; and signed over the number, as a lenient reader would.
    expect(readSignedHeaders(headers as Headers, NOW)).toBe('timestamp_malformed');
  });
});

describe('the secrets', () => {
  it('are all good while one is rotated, and no third one is', () => {
    const by = (secret: string) => svixHeaders(secret, 'msg_1', NOW, BODY);
    expect(verify(by(SECRET), BODY, [SECRET, OTHER])).toBe('verified');
    expect(verify(by(OTHER), BODY, [SECRET, OTHER])).toBe('verified');
    expect(verify(by(THIRD), BODY, [SECRET, OTHER])).toBe('signature_mismatch');
    expect(verify(by(OTHER), BODY, [SECRET])).toBe('signature_mismatch');
  });

  it.each([
    [`whsec_${btoa('x')}`],
    [`whsec_${btoa('x'.repeat(23))}`],
    [`whsec_${btoa('x'.repeat(65))}`],
    ['whsec_'],
    [''],
    ['whsec_not base64 at all, really'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-'],
    ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n'],
    ['sk_test_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ])('are refused by their shape: %j', (secret) => {
    const problem = signingSecretProblem(secret);
    expect(problem).toMatch(/^must /);
    if (secret.length > 10) expect(problem).not.toContain(secret.slice(6));
  });

  it('are taken with 24 to 64 bytes', () => {
    expect(signingSecretProblem(VECTOR.secret)).toBeNull();
    expect(signingSecretProblem(SECRET)).toBeNull();
    expect(signingSecretProblem(`whsec_${btoa('x'.repeat(64))}`)).toBeNull();
    expect(signingSecretProblem(`whsec_${btoa('x'.repeat(25))}`)).toBeNull();
  });
});

describe('the bytes', () => {
  it('keep a byte order mark, which is signed like any other byte', () => {
    const marked = `\ufeff${BODY}`;
    const given = svixHeaders(SECRET, 'msg_1', NOW, marked);
    const result = VerifiedMessage.verify([SECRET], { headers: headersOf(given), body: bytes(marked) }, NOW);
    expect(result).toMatchObject({ text: marked });
    expect(verify(given, BODY)).toBe('signature_mismatch');
    expect(verify(good(), marked)).toBe('signature_mismatch');
  });

  it('are refused when only a lenient decoder would make the signed text of them', () => {
    // U+FFFD is what invalid bytes become: a signature over the one must not cover the other.
    const signed = '{"name":"\ufffd"}';
    const given = svixHeaders(SECRET, 'msg_1', NOW, signed);
    expect(verify(given, signed)).toBe('verified');
    for (const invalid of [[0xff], [0xc0], [0x80], [0xed, 0xa0, 0x80], [0xf8], [0xe2, 0x82]]) {
      const raw = Uint8Array.from([...bytes('{"name":"'), ...invalid, ...bytes('"}')]);
      expect(verify(given, raw), invalid.join()).toBe('body_not_utf8');
    }
  });

  it('are refused when they are no UTF-8, even signed as they are', () => {
    const raw = Uint8Array.from([0x7b, 0xff, 0x7d]);
    expect(verify(svixHeaders(SECRET, 'msg_1', NOW, raw), raw)).toBe('body_not_utf8');
  });
});

describe('a verified message', () => {
  it('is made by nobody but the verifier', () => {
    const lookalike = { id: 'msg_1', bytes: bytes(BODY), text: BODY };
    expect(VerifiedMessage.is(lookalike)).toBe(false);
    const heir: unknown = Object.create(VerifiedMessage.prototype);
    expect(heir instanceof VerifiedMessage && VerifiedMessage.is(heir)).toBe(false);
    expect(VerifiedMessage.is(VerifiedMessage)).toBe(false);
    const made = VerifiedMessage.verify([SECRET], { headers: headersOf(good()), body: bytes(BODY) }, NOW);
    expect(typeof made === 'object' && VerifiedMessage.is(made)).toBe(true);
  });

  it('is all that the parser takes', () => {
    expectTypeOf(parseMessage).parameters.toEqualTypeOf<[VerifiedMessage]>();
    const notCalled = () => {
      // @ts-expect-error: the constructor is private.
      new VerifiedMessage('msg_1', bytes(BODY), BODY);
      // @ts-expect-error: what looks the same lacks the proof.
      parseMessage({ id: 'msg_1', bytes: bytes(BODY), text: BODY });
      // @ts-expect-error: a failure is not a message.
      parseMessage(VerifiedMessage.verify([SECRET], { headers: new Headers(), body: bytes(BODY) }, NOW));
      // @ts-expect-error: bytes are not a message.
      parseMessage(bytes(BODY));
    };
    expect(notCalled).toBeTypeOf('function');
  });
});
