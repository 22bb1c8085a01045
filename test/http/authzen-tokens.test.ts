import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOWED, asker, denied, MANY, ONE, question } from './support/authzen.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let ask: ReturnType<typeof asker>;
/** Seconds: of the cutoff that jane's downgrade made. */
let cut: number;
beforeAll(async () => {
  rolecall = await startRolecall();
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  for (const id of ['user_jane', 'user_joe']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  clerk.addMember('org_acme', 'user_joe', 'org:member');
  clerk.changeRole('org_acme', 'user_jane', 'org:member');
  const ended = clerk.createSession('user_joe', { id: 'sess_ended' });
  clerk.createSession('user_joe', { id: 'sess_joe' });
  clerk.endSession(ended.id);
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
  cut = Math.floor(Date.parse((await rolecall.member('org_acme', 'user_jane')).cutoff ?? '') / 1_000);
});
afterAll(() => rolecall.stop());

const now = () => Math.floor(Date.now() / 1_000);
const show = async (token: unknown, user = 'user_jane') => {
  const asked = question(user, 'org_acme', { context: { token } });
  const { status, json } = await ask(ONE, asked);
  expect(status).toBe(200);
  expect((await ask(MANY, { evaluations: [asked] })).json).toEqual({ evaluations: [json] });
  return json;
};
const issued = (issued_at: unknown, session_id: unknown = 'sess_1') => ({ session_id, issued_at });
const rfc3339 = (seconds: number) => new Date(seconds * 1_000).toISOString();

describe('a token of the subject', () => {
  it('is refused up to the second of the cutoff, and honoured from the next one on', async () => {
    for (const form of [(at: number) => at, rfc3339]) {
      expect(await show(issued(form(cut - 1)))).toEqual(denied('token_cut_off'));
      expect(await show(issued(form(cut)))).toEqual(denied('token_cut_off'));
      expect(await show(issued(form(cut + 1)))).toEqual(ALLOWED);
    }
    expect(await show(issued(rfc3339(cut).replace('.000Z', '.999Z')))).toEqual(denied('token_cut_off'));
  });

  it('may tell its time in any zone, and with any fraction of a second', async () => {
    const local = rfc3339(cut + 7_200).replace('.000Z', '+02:00');
    expect(await show(issued(local))).toEqual(denied('token_cut_off'));
    expect(await show(issued(rfc3339(cut + 7_201).replace('.000Z', '.123456789+02:00')))).toEqual(ALLOWED);
    expect(
      await show(
        issued(
          rfc3339(cut + 1)
            .replace('.000Z', 'z')
            .replace('T', 't'),
        ),
      ),
    ).toEqual(ALLOWED);
  });

  it('is refused for ever once its session has ended, and where the session is somebody else’s', async () => {
    expect(await show(issued(now(), 'sess_ended'), 'user_joe')).toEqual(denied('token_cut_off'));
    expect(await show(issued(now(), 'sess_joe'), 'user_joe')).toEqual(ALLOWED);
    expect(await show(issued(now(), 'sess_joe'), 'user_jane')).toEqual(denied('invalid_token'));
  });

  it('is refused when it comes from the future', async () => {
    expect(await show(issued(now() + 30))).toEqual(ALLOWED);
    expect(await show(issued(now() + 90))).toEqual(denied('invalid_token'));
    expect(await show(issued(Date.now()))).toEqual(denied('invalid_token'));
    expect(await show(issued('9999-12-31T23:59:59Z'))).toEqual(denied('invalid_token'));
  });

  it('gives nobody anything', async () => {
    expect(await show(issued(now()), 'user_nobody')).toEqual(denied('not_a_member'));
  });
});

describe('a token that cannot be read', () => {
  it.each([
    [null],
    [''],
    ['eyJhbGciOiJSUzI1NiJ9'],
    [7],
    [true],
    [[]],
    [{}],
    [{ session_id: 'sess_1' }],
    [{ issued_at: 1_795_293_922 }],
    [{ sessionId: 'sess_1', issuedAt: 1_795_293_922 }],
    [{ sid: 'sess_1', iat: 1_795_293_922 }],
    [issued(null)],
    [issued('')],
    [issued('1795293922')],
    [issued(1_795_293_922.5)],
    [issued(-1)],
    [issued(1e300)],
    [issued('2026-11-21')],
    [issued('2026-11-21T20:45:22')],
    [issued('2026-11-21 20:45:22Z')],
    [issued('2026-02-30T20:45:22Z')],
    [issued('2026-13-01T20:45:22Z')],
    [issued('2026-11-21T24:00:01Z')],
    [issued('2026-11-21T20:45:60Z')],
    [issued('0001-01-01T00:00:00Z')],
    [issued('now')],
    [issued('infinity')],
    [issued(['2026-11-21T20:45:22Z'])],
    [issued({})],
    [issued(1_795_293_922, null)],
    [issued(1_795_293_922, '')],
    [issued(1_795_293_922, 7)],
    [issued(1_795_293_922, 'sess 1')],
    [issued(1_795_293_922, 'sess_1\u0000')],
    [issued(1_795_293_922, ['sess_1'])],
  ])('denies: %j', async (token) => {
    expect(await show(token, 'user_joe')).toEqual(denied('invalid_token'));
  });
});

describe('a revision that the answer must contain', () => {
  const atLeast = (at_least_revision: number) =>
    question('user_jane', 'org_acme', { context: { at_least_revision } });

  it('is there when it has been reached', async () => {
    const { revision } = await rolecall.member('org_acme', 'user_jane');
    for (const wanted of [0, 1, revision]) expect((await ask(ONE, atLeast(wanted))).json).toEqual(ALLOWED);
  });

  it('is waited for', async () => {
    const { clerk } = rolecall;
    const { revision } = await rolecall.member('org_acme', 'user_jane');
    clerk.createUser({ id: 'user_soon' });
    const soon = question('user_soon', 'org_acme', { context: { at_least_revision: revision + 1 } });
    const [answer] = await Promise.all([
      ask(ONE, soon),
      (async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        clerk.addMember('org_acme', 'user_soon', 'org:member');
        await rolecall.post(clerk.outbox.at(-1)?.body ?? '');
      })(),
    ]);
    expect([answer.status, answer.json]).toEqual([200, ALLOWED]);
    expect(Number(answer.headers.get('rolecall-revision'))).toBeGreaterThan(revision);
  });

  it('that does not come is refused after about a second and a half, for a batch as a whole', async () => {
    const started = Date.now();
    const answers = await Promise.all([
      ask(ONE, atLeast(1e15)),
      ask(MANY, { evaluations: [question('user_jane', 'org_acme'), atLeast(1e15)] }),
    ]);
    for (const { status, json, headers } of answers) {
      expect([status, json]).toMatchObject([409, { error: { code: 'not_yet' } }]);
      expect(headers.get('rolecall-revision')).toBeNull();
    }
    expect(Date.now() - started).toBeGreaterThan(1_400);
    expect(Date.now() - started).toBeLessThan(8_000);
  });
});
