import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import worker from '../../src/runtime/worker.ts';

const bindings = {
  HYPERDRIVE: env.HYPERDRIVE,
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa('the secret of tests in workerd!!')}`,
  CLERK_SECRET_KEY: 'sk_test_workerd',
  CLERK_API_URL: 'http://127.0.0.1:9',
  ROLECALL_READ_TOKEN: 'read-in-workerd',
  ROLECALL_OPERATOR_TOKEN: 'ann:operate-in-workerd bob+read:look-in-workerd',
  ROLECALL_MODE: 'paused',
};
/** A port where nothing listens: the database is away. */
const away = { ...bindings, HYPERDRIVE: undefined, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };

async function call(path: string, init: RequestInit = {}, given: object = bindings) {
  const ctx = createExecutionContext();
  const request = new Request(`https://worker.test/console${path}`, init);
  const response = await (worker.fetch(request, { ...given }, ctx) as Promise<Response>);
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  return { status: response.status, headers: response.headers, text };
}

const post = (path: string, fields: Record<string, string>, cookie = '', given?: object) => {
  const headers = { origin: 'https://worker.test', 'rolecall-console': '1', cookie };
  return call(path, { method: 'POST', headers, body: new URLSearchParams(fields) }, given);
};

async function signIn(token: string): Promise<string> {
  const answer = await post('/sign-in', { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

it('in workerd the console is the same: signed in, every page is there, and what is done is done', async () => {
  expect(await call('')).toMatchObject({ status: 200, text: expect.stringContaining('Sign in') as string });
  expect((await call('/effects')).status).toBe(401);
  const cookie = await signIn('operate-in-workerd');
  const pages = [
    '',
    '/deliveries',
    '/replays',
    '/effects',
    '/holds',
    '/members',
    '/reconciliations',
    '/audit',
  ];
  for (const path of pages) {
    const answer = await call(path, { headers: { cookie } });
    expect([answer.status, answer.text.includes('aria-current="page"')], path).toEqual([200, true]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect((await call('/console.js')).text).toContain('rolecall-console');
  expect((await call('/console.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  const preview = await post('/replays', { what: 'ids', id: 'msg_none' }, cookie);
  const [, id] = /replays\/(\d+)/.exec(preview.text) ?? [];
  expect((await call(`/replays/${id}`, { headers: { cookie } })).text).toContain('not found');
  expect((await post(`/replays/${id}/run`, { reason: 'x' }, await signIn('look-in-workerd'))).status).toBe(
    403,
  );
  expect((await post('/sign-out', {}, cookie)).status).toBe(200);
  expect((await call('', { headers: { cookie, 'rolecall-console': '1' } })).status).toBe(401);
});

it('while the database is away it says so, and nobody can sign in', async () => {
  const cookie = await signIn('operate-in-workerd');
  const answer = await call('', { headers: { cookie } }, away);
  expect([answer.status, answer.text.includes('The database does not answer')]).toEqual([503, true]);
  expect((await post('/sign-in', { token: 'operate-in-workerd' }, '', away)).status).toBe(503);
});
