import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { svixHeaders } from '../../src/testing/index.ts';
import { anyText } from '../support/matchers.ts';
import { head, type RawAnswer, raw } from './support/raw.ts';
import {
  newMessageId,
  READ_TOKEN,
  type Running,
  SECRET_KEY,
  SIGNING_SECRET,
  startRolecall,
} from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall();
});
afterAll(() => rolecall.stop());

const BODY = '{"secret of the payload":"PAYLOAD-CANARY"}';
const PATH = '/webhooks/clerk';

type Pairs = readonly (readonly [string, string])[];
const pairsOf = (body = BODY, at = Date.now(), secret = SIGNING_SECRET): Pairs =>
  Object.entries(svixHeaders(secret, newMessageId(), at, body));

function send(pairs: Pairs, body = BODY): Promise<RawAnswer | null> {
  const framing: Pairs = [
    ['host', 'rolecall.test'],
    ['content-length', String(Buffer.byteLength(body))],
  ];
  return raw(rolecall.url, (socket) => void socket.write(head('POST', PATH, [...framing, ...pairs]) + body));
}

const reasons = () => rolecall.logged('webhook_refused').map((line) => line['reason']);

/** Every way to fail, with what the log says of it. */
const WAYS: [string, string, () => { pairs: Pairs; body?: string }][] = [
  ['no header at all', 'id_missing', () => ({ pairs: [] })],
  ['no id', 'id_missing', () => ({ pairs: pairsOf().slice(1) })],
  ['no timestamp', 'timestamp_missing', () => ({ pairs: pairsOf().filter((_, at) => at !== 1) })],
  ['no signature', 'signature_missing', () => ({ pairs: pairsOf().slice(0, 2) })],
  ...['svix-id', 'svix-timestamp', 'svix-signature'].flatMap((name, at): typeof WAYS => {
    const reason = `${name.slice('svix-'.length)}_malformed`;
    const twice = (value: (own: string) => string) => () => {
      const pairs = pairsOf();
      return { pairs: [...pairs, [name, value(pairs[at]?.[1] ?? '')] as const] };
    };
    return [
      [`an empty ${name}`, reason, () => ({ pairs: pairsOf().map((p) => (p[0] === name ? [name, ''] : p)) })],
      [`${name} twice, the same`, reason, twice((own) => own)],
      [`${name} twice, another`, reason, twice(() => 'msg_other')],
      [`${name} twice, the second empty`, reason, twice(() => '')],
      [
        `${name} twice, in other letters`,
        reason,
        () => {
          const pairs = pairsOf();
          return { pairs: [...pairs, [name.toUpperCase(), pairs[at]?.[1] ?? ''] as const] };
        },
      ],
    ];
  }),
  [
    'only the headers of the standard',
    'id_missing',
    () => ({ pairs: pairsOf().map(([name, value]) => [name.replace('svix-', 'webhook-'), value]) }),
  ],
  [
    'a signature of another secret',
    'signature_mismatch',
    () => ({
      pairs: pairsOf(BODY, Date.now(), `whsec_${btoa('x'.repeat(32))}`),
    }),
  ],
  ['another body', 'signature_mismatch', () => ({ pairs: pairsOf(), body: BODY.replace('C', 'K') })],
  ['no body', 'signature_mismatch', () => ({ pairs: pairsOf(), body: '' })],
  ['a time 302 s ago', 'timestamp_too_old', () => ({ pairs: pairsOf(BODY, Date.now() - 302_000) })],
  ['a time in 302 s', 'timestamp_too_new', () => ({ pairs: pairsOf(BODY, Date.now() + 302_000) })],
  [
    'a time that is no number',
    'timestamp_malformed',
    () => ({
      pairs: pairsOf().map(([name, value]) => [name, name === 'svix-timestamp' ? `${value}abc` : value]),
    }),
  ],
];

const sendAll = () => Promise.all(WAYS.map(([, , how]) => how()).map(({ pairs, body }) => send(pairs, body)));

describe('a message that cannot be verified', () => {
  it.each(WAYS)('is refused for %s, and only the log says why', async (_, reason, how) => {
    const before = reasons().length;
    const { pairs, body } = how();
    const answer = await send(pairs, body);
    expect(answer?.status).toBe(401);
    expect(reasons().slice(before)).toEqual([reason]);
  });

  it('is answered the same to the byte, whatever was wrong', async () => {
    const answers = await sendAll();
    const seen = answers.map((answer) => {
      const headers = Object.fromEntries(answer?.headers ?? []);
      delete headers['date'];
      return JSON.stringify([answer?.status, headers, answer?.text]);
    });
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toContain('invalid_signature');
    expect(JSON.parse(answers[0]?.text ?? '')).toEqual({
      error: { code: 'invalid_signature', message: anyText },
    });
  });

  it('leaves nothing behind', async () => {
    const kept = async () =>
      (await rolecall.sql`select count(*)::int as n from rolecall.inbox`)[0]?.['n'] as number;
    const before = await kept();
    await sendAll();
    expect(await kept()).toBe(before);
  });

  it('is refused before its body is asked for', async () => {
    // A body that never comes: an answer that waited for it would not be there.
    const pairs: Pairs = [
      ['host', 'x'],
      ['content-length', '1000'],
      ['svix-id', 'msg_1'],
    ];
    const started = performance.now();
    const answer = await raw(rolecall.url, (socket) => void socket.write(head('POST', PATH, pairs)));
    expect(answer?.status).toBe(401);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('a message that can be verified', () => {
  it('passes with the headers of the standard beside its own', async () => {
    const pairs: Pairs = [...pairsOf(), ['webhook-id', 'msg_x'], ['webhook-signature', 'v1,AAAA']];
    expect((await send(pairs))?.status).toBe(200);
  });

  it('passes at the edge of the tolerance', async () => {
    expect((await send(pairsOf(BODY, Date.now() - 299_000)))?.status).toBe(200);
    expect((await send(pairsOf(BODY, Date.now() + 299_000)))?.status).toBe(200);
  });

  it('passes whatever the letters of its header names', async () => {
    const shouted = pairsOf().map(([name, value]) => [name.toUpperCase(), value] as const);
    expect((await send(shouted))?.status).toBe(200);
  });
});

describe('two secrets while one is rotated', () => {
  const next = `whsec_${btoa('the next CANARY secret, 32 bytes')}`;
  let rotating: Running;
  beforeAll(async () => {
    rotating = await startRolecall({
      environment: { CLERK_WEBHOOK_SIGNING_SECRET: `${SIGNING_SECRET}  ${next}` },
    });
  });
  afterAll(() => rotating.stop());

  it('are both believed, and a third is not', async () => {
    const body = '{}';
    expect((await rotating.post(body)).status).toBe(200);
    expect((await rotating.post(body, { secret: next })).status).toBe(200);
    expect((await rotating.post(body, { secret: `whsec_${btoa('y'.repeat(32))}` })).status).toBe(401);
  });

  it('take an event that both endpoints tell as one event told twice', async () => {
    rotating.clerk.createUser({ id: 'user_twice' });
    const body = rotating.clerk.outbox.at(-1)?.body ?? '';
    expect((await rotating.post(body)).json).toMatchObject({ outcome: 'applied' });
    expect((await rotating.post(body, { secret: next })).json).toMatchObject({ outcome: 'stale' });
  });
});

describe('the log', () => {
  it('holds no secret, no token, no signature and no payload', async () => {
    await sendAll();
    await rolecall.post(BODY);
    await rolecall.get('/v1/organizations/org_1/members/user_1', 'WRONG-TOKEN-CANARY');
    await rolecall.get('/v1/organizations/org_1/members/user_1');
    const log = rolecall.log.join('\n');
    expect(log).toContain('webhook_refused');
    for (const hidden of ['CANARY', READ_TOKEN, SECRET_KEY, SIGNING_SECRET, 'v1,', 'secret of the payload']) {
      expect(log, hidden).not.toContain(hidden);
    }
    expect(log).not.toContain(btoa('CANARY signing secret').slice(0, 16));
  });
});
