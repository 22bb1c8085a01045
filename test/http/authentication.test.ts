import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/app.ts';
import { OPERATORS, WRITER } from './support/operator.ts';
import { teller } from './support/policies.ts';
import { type Answer, answerOf, READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

// Every route there is, so that a new one cannot be forgotten.

const TENANT_TOKEN = 'tenant-token-CANARY-5b20';
let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: {
      ...OPERATORS,
      ROLECALL_READ_TOKEN: `app:${READ_TOKEN} tenant@org_own:${TENANT_TOKEN}`,
    },
  });
  const { clerk } = rolecall;
  for (const organization of ['org_own', 'org_other']) {
    clerk.createUser({ id: `user_${organization}` });
    clerk.createOrganization({ id: organization });
    clerk.addMember(organization, `user_${organization}`, 'org:admin');
  }
  await teller(rolecall)();
});
afterAll(() => rolecall.stop());

/** Whoever comes may ask these; and Clerk has another way to say who it is. */
const OPEN = /^\/(openapi\.json|readyz|webhooks\/clerk|\.well-known\/.*)$/;
const closed = ROUTES.filter(({ path }) => !OPEN.test(path));
const isOperators = (path: string) => /^\/(operator\/|metrics$)/.test(path);
const isBrowsers = (path: string) => path.startsWith('/v1/me/');
const routesWhere = (is: (path: string) => boolean) =>
  closed.filter(({ path }) => is(path)).map(({ method, path }) => [method, path] as const);

function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  organization = 'org_own',
): Promise<Answer> {
  const named = path
    .replace(':organization', organization)
    .replace(':user', `user_${organization}`)
    .replace(':id', '1')
    .replace(/assignable-roles$/, `$&?actor=user_${organization}`);
  const body = JSON.stringify({
    subject: { type: 'user', id: `user_${organization}` },
    action: { name: 'org:sys_memberships:read' },
    resource: { type: 'organization', id: organization },
  });
  return fetch(`${rolecall.url}${named}`, {
    method,
    headers: { ...headers, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
    ...(method === 'POST' ? { body } : {}),
  }).then(answerOf);
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const code = ({ json }: Answer) => (json as { error?: { code: string } }).error?.code;

/** A right token, shown as none is taken. */
const shown = (token: string): Readonly<Record<string, string>>[] => [
  {},
  bearer(`${token}x`),
  bearer(token.slice(0, -1)),
  bearer(token.toUpperCase()),
  { authorization: token },
  { authorization: `Basic ${btoa(`app:${token}`)}` },
  { authorization: `Bearer app:${token}` },
  { authorization: `Bearer ${token}, Bearer ${token}` },
  { 'x-authorization': `Bearer ${token}`, 'proxy-authorization': `Bearer ${token}` },
  { cookie: `authorization=Bearer ${token}; __Host-rolecall=${token}` },
];

describe('a request that does not say who asks', () => {
  it.each(closed.map(({ method, path }) => [method, path]))(
    'is refused, and told the same whatever there is: %s %s',
    async (method, path) => {
      const token = isOperators(path) ? WRITER : READ_TOKEN;
      for (const headers of shown(token)) {
        const [one, other] = await Promise.all([
          ask(method, path, headers),
          ask(method, path, headers, 'org_nobody_knows'),
        ]);
        const refusals = [one, other].filter((answer) => code(answer) !== 'too_many_attempts');
        // Without a key to know session tokens by, none is taken.
        const expected = isBrowsers(path) ? [404, 'session_tokens_not_taken'] : [401, 'unauthenticated'];
        for (const answer of refusals) expect([answer.status, code(answer)]).toEqual(expected);
        expect(new Set(refusals.map(({ text }) => text)).size).toBeLessThanOrEqual(1);
        if (!isOperators(path)) expect(refusals).toHaveLength(2);
      }
    },
  );
});

describe('a token for something else', () => {
  it.each(routesWhere(isOperators))('of an app is refused: %s %s', async (method, path) => {
    for (const token of [READ_TOKEN, TENANT_TOKEN])
      expect([401, 429]).toContain((await ask(method, path, bearer(token))).status);
  });

  it.each(routesWhere((path) => !isOperators(path) && !isBrowsers(path)))(
    'of an operator is refused: %s %s',
    async (method, path) => {
      expect((await ask(method, path, bearer(WRITER))).status).toBe(401);
    },
  );
});

describe('a token of one organization', () => {
  it.each(routesWhere((path) => path.includes(':organization') && !isOperators(path) && !isBrowsers(path)))(
    'is told of no other, be it there or not: %s %s',
    async (method, path) => {
      const own = await ask(method, path, bearer(TENANT_TOKEN));
      expect(own.status).toBe(200);
      const others = await Promise.all(
        ['org_other', 'org_nobody_knows', 'org_Own', 'org_own%20'].map((organization) =>
          ask(method, path, bearer(TENANT_TOKEN), organization),
        ),
      );
      for (const { status } of others) expect([400, 403]).toContain(status);
      expect(others[0]?.text).toBe(others[1]?.text);
      expect(others.map(({ text }) => text).join()).not.toContain('user_org_other');
    },
  );

  it.each(routesWhere((path) => /^\/(v1\/(roles|snapshot|changes)|access\/)/.test(path)))(
    'is told nothing of another where the path names none: %s %s',
    async (method, path) => {
      const query = path === '/v1/changes' ? '?after=0' : '';
      const answer = await ask(method, `${path}${query}`, bearer(TENANT_TOKEN), 'org_other');
      expect(answer.text).not.toContain('org_other');
      // A search for resources is not about the one that is named: it looks in the token's own.
      if (path === '/access/v1/search/resource') expect(answer.json).toMatchObject({ results: [] });
      else if (method === 'POST') expect([answer.status, code(answer)]).toEqual([403, 'forbidden']);
      else expect(answer.status).toBe(200);
    },
  );
});
