import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSOLE_ROUTES } from '../../src/console/routes.ts';
import { OPERATORS, operatorOf, READER, WRITER } from '../http/support/operator.ts';
import { READ_TOKEN, type Running, startRolecall } from '../http/support/rolecall.ts';
import { column } from '../support/rig.ts';
import { code, visitorOf } from './support/visitor.ts';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
});
afterAll(() => rolecall.stop());

const pathOf = ({ path }: { readonly path: string }) => path.replace('/console', '').replace(':id', '1');
const ASSETS = ['/console.js', '/console.css'];
const PAGES = CONSOLE_ROUTES.filter(({ method }) => method === 'GET').map(pathOf);
const WRITES = CONSOLE_ROUTES.filter(({ method }) => method === 'POST')
  .map(pathOf)
  .filter((path) => !path.startsWith('/sign-'));

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

async function signedIn(token = WRITER) {
  const visitor = visitorOf(rolecall);
  expect((await visitor.signIn(token)).status).toBe(200);
  return visitor;
}

describe('signing in', () => {
  it('sets a cookie that no other host, script or plain connection can have or set, for twelve hours at most', async () => {
    const visitor = visitorOf(rolecall);
    const answer = await visitor.signIn();
    expect(answer.json).toEqual({ go: null, said: '' });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-rolecall=[A-Za-z0-9_-]{43};/);
    expect(cookie.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=43200',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    const [row] = await rolecall.sql`
      select extract(epoch from expires_at - opened_at)::int as seconds, operator from rolecall.console_sessions
       order by opened_at desc limit 1`;
    expect(row).toEqual({ seconds: 43_200, operator: 'ann' });
    expect((await visitor.get('/effects')).status).toBe(200);
  });

  it('leaves nothing in the database or in the log that somebody else could sign in with', async () => {
    const visitor = await signedIn();
    const id = visitor.cookie()?.split('=')[1] ?? '';
    const rows = await rolecall.sql`
      select encode(id_sha256, 'hex') as id, encode(token_sha256, 'hex') as token, s::text as everything
        from rolecall.console_sessions as s`;
    expect(column(rows, 'id')).toContain(createHash('sha256').update(id).digest('hex'));
    const kept = `${JSON.stringify(rows)} ${rolecall.log.join()}`;
    // The digest of the token alone, too: a short one could be guessed by it.
    const digest = createHash('sha256').update(WRITER).digest('hex');
    for (const secret of [id, WRITER, READER, Buffer.from(id).toString('hex'), digest])
      expect(kept).not.toContain(secret);
    expect(rolecall.logged('console_signed_in')[0]).toMatchObject({ by: 'ann' });
  });

  it('takes a new id every time, and ends the session that the browser had before', async () => {
    const visitor = await signedIn();
    const before = visitor.cookie();
    await visitor.signIn();
    expect(visitor.cookie()).not.toBe(before);
    expect((await visitor.get('/effects')).status).toBe(200);
    expect((await visitor.get('/effects', before)).status).toBe(401);
  });

  it('never makes an id a session that somebody else has put into the browser', async () => {
    const planted = `__Host-rolecall=${'A'.repeat(43)}`;
    const visitor = visitorOf(rolecall);
    const answer = await visitor.post('/sign-in', { token: WRITER }, { cookie: planted });
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie().at(-1)).not.toContain('AAAA');
    expect((await visitor.get('/effects', planted)).status).toBe(401);
  });

  it('is not had by who copies a row of the table under an id of their own', async () => {
    await signedIn();
    const own = 'B'.repeat(43);
    await rolecall.sql`
      insert into rolecall.console_sessions (id_sha256, operator, token_sha256, opened_at, expires_at)
      select ${createHash('sha256').update(own).digest()}, operator, token_sha256, opened_at, expires_at
        from rolecall.console_sessions order by opened_at desc limit 1`;
    expect((await visitorOf(rolecall).get('/effects', `__Host-rolecall=${own}`)).status).toBe(401);
  });

  it('is refused to every token but an operator’s', async () => {
    const visitor = visitorOf(rolecall);
    for (const token of ['', READ_TOKEN, WRITER.slice(0, -1), `ann:${WRITER}`, 'x'.repeat(600), '\0']) {
      const answer = await visitor.post('/sign-in', { token });
      expect([answer.status, code(answer)], token).toEqual([401, 'unauthenticated']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it('slows down whoever tries wrong tokens, together with the operators’ interface, and never refuses a right one', async () => {
    const visitor = visitorOf(rolecall);
    const guesses = await Promise.all(
      Array.from({ length: 60 }, (_, n) => visitor.post('/sign-in', { token: `guess-${n}` })),
    );
    const last = guesses.filter(({ status }) => status === 429);
    expect(last.length).toBeGreaterThan(0);
    expect([last[0]?.headers.get('retry-after'), last[0] && code(last[0])]).toEqual([
      '3',
      'too_many_attempts',
    ]);
    expect((await operatorOf(rolecall)('GET', '/holds', undefined, 'wrong')).status).toBe(429);
    expect((await visitor.signIn()).status).toBe(200);
    expect((await visitor.signIn(READER)).status).toBe(200);
  });
});

describe('a session', () => {
  it('ends with signing out, at the server too', async () => {
    const visitor = await signedIn();
    const stolen = visitor.cookie();
    const answer = await visitor.post('/sign-out');
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-rolecall=; Max-Age=0;/);
    expect((await visitor.get('/effects', stolen)).status).toBe(401);
    expect(code(await visitor.post('/effects/1/retry', {}, { cookie: stolen }))).toBe('signed_out');
  });

  it('ends after its time', async () => {
    const visitor = await signedIn();
    await rolecall.sql`update rolecall.console_sessions set expires_at = clock_timestamp()`;
    expect((await visitor.get('/effects')).status).toBe(401);
    expect(code(await visitor.post('/effects/1/retry'))).toBe('signed_out');
  });

  it('ends with the token it was opened with, and may do what that token may do now', async () => {
    const [ann, bob] = [await signedIn(), await signedIn(READER)];
    const { databaseUrl } = rolecall;
    for (const [tokens, annMay, bobMay] of [
      [`bob:${READER}`, 'signed_out', 'not_found'],
      [`ann+read:${WRITER}`, 'read_only', 'signed_out'],
      [`ann:another-one-CANARY bob+read:${READER}`, 'signed_out', 'read_only'],
    ] as const) {
      const other = await startRolecall({
        environment: { ...OPERATORS, DATABASE_URL: databaseUrl, ROLECALL_OPERATOR_TOKEN: tokens },
      });
      const ask = (cookie: string | null) => visitorOf(other).post('/effects/999/retry', {}, { cookie });
      expect([code(await ask(ann.cookie())), code(await ask(bob.cookie()))], tokens).toEqual([
        annMay,
        bobMay,
      ]);
      await other.stop();
    }
  });

  it('is none where the cookie is not as one is made', async () => {
    const visitor = await signedIn();
    const id = visitor.cookie()?.split('=')[1] ?? '';
    for (const cookie of ['', 'x', `${id}x`, id.slice(1), id.toLowerCase(), `'; select 1`, 'A'.repeat(20_00)])
      expect((await visitor.get('/effects', `__Host-rolecall=${cookie}`)).status, cookie).toBe(401);
    // Without the prefix anybody who can set a cookie for a parent domain could have set it.
    expect((await visitor.get('/effects', `rolecall=${id}`)).status).toBe(401);
    expect((await visitor.get('/effects', null)).status).toBe(401);
  });

  it('opens nothing but the console', async () => {
    const visitor = await signedIn();
    const headers = { cookie: visitor.cookie() ?? '' };
    for (const path of ['/operator/v1/holds', '/v1/roles', '/metrics'])
      expect([401, 429], path).toContain((await fetch(`${rolecall.url}${path}`, { headers })).status);
  });
});

describe('every page', () => {
  it('asks strangers to sign in, and tells them nothing', async () => {
    const visitor = visitorOf(rolecall);
    for (const path of PAGES.filter((one) => !ASSETS.includes(one))) {
      const answer = await visitor.get(path, null);
      const status = /^\/?$/.test(path) ? 200 : 401;
      expect([answer.status, answer.text.includes('<h1>Sign in</h1>')], path).toEqual([status, true]);
    }
  });

  it('is in nobody’s frame, kept by nobody, and runs no script but its own', async () => {
    const visitor = await signedIn();
    for (const path of [...PAGES, '/deliveries/none']) {
      for (const answer of [await visitor.get(path), await visitor.get(path, null)]) {
        expect(Object.fromEntries(answer.headers), path).toMatchObject({
          'content-security-policy': CSP,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
        });
        expect(answer.text, path).not.toMatch(/<[^>]+\s(style|on\w+)=/i);
        if (!ASSETS.includes(path))
          expect(answer.text.match(/<(script|style)\b[^>]*>/g)).toEqual([
            expect.stringMatching(/^<script type="module" src="[^"]+console\.js">$/),
          ]);
      }
    }
  });
});

describe('every write', () => {
  it('is taken only with the console’s own origin and header, whoever is signed in', async () => {
    const visitor = await signedIn();
    const { host } = new URL(rolecall.url);
    for (const path of [...WRITES, '/sign-in', '/sign-out']) {
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: undefined },
        { origin: `http://${host}.evil.example` },
        { origin: `http://evil.example@${host}` },
        { origin: `http://sub.${host}` },
        { 'rolecall-console': undefined },
        { 'rolecall-console': '0' },
      ]) {
        const answer = await visitor.post(path, { token: WRITER, reason: 'x' }, { headers });
        expect([answer.status, code(answer)], `${path} ${JSON.stringify(headers)}`).toEqual([
          403,
          'not_from_here',
        ]);
        expect(answer.headers.get('content-security-policy')).toBe(CSP);
      }
    }
    expect((await visitor.get('/effects')).status).toBe(200);
  });

  it('is taken behind a proxy that ends TLS', async () => {
    const visitor = await signedIn();
    const origin = `https://${new URL(rolecall.url).host}`;
    expect(code(await visitor.post('/effects/999/retry', {}, { headers: { origin } }))).toBe('not_found');
  });

  it('is refused to strangers, and to those who may only look', async () => {
    const [stranger, reader] = [visitorOf(rolecall), await signedIn(READER)];
    for (const path of WRITES) {
      const answers = [await stranger.post(path, { reason: 'x' }), await reader.post(path, { reason: 'x' })];
      expect(
        answers.map((answer) => [answer.status, code(answer)]),
        path,
      ).toEqual([
        [401, 'signed_out'],
        [403, 'read_only'],
      ]);
    }
    expect(await rolecall.sql`select from rolecall.replays`).toHaveLength(0);
    const [row] = await rolecall.sql`select effects_paused_at from rolecall.operations`;
    expect(row).toEqual({ effects_paused_at: null });
  });

  it('shows no button to those who may only look', async () => {
    const [writer, reader] = [await signedIn(), await signedIn(READER)];
    for (const path of ['/effects', '/reconciliations']) {
      const forms = async (visitor: typeof writer) =>
        (await visitor.get(path)).text.match(/<form method="post"/g)?.length;
      expect(await forms(writer), path).toBeGreaterThan(1);
      // Signing out.
      expect(await forms(reader), path).toBe(1);
    }
  });

  it('is refused as a form that an old page would send, too large, or without an end', async () => {
    const visitor = await signedIn();
    const typed = await visitor.post('/replays', {}, { headers: { 'content-type': 'multipart/form-data' } });
    expect([typed.status, code(typed)]).toEqual([400, 'invalid_request']);
    const large = await visitor.post('/replays', `id=${'x'.repeat(300_000)}`);
    expect([large.status, code(large)]).toEqual([413, 'payload_too_large']);
    const got = await visitor.get('/replays/1/cancel');
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
