import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import cstar from '../../examples/cstar/policy.ts';
import { ROUTES } from '../../src/http/app.ts';
import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { errorsOf } from '../../tools/http-docs/failures.ts';
import { generatedFiles } from '../../tools/http-docs/generated.ts';
import { asker, question } from './support/authzen.ts';
import { activate, teller } from './support/policies.ts';
import { type Answer, answerOf, type Running, startRolecall } from './support/rolecall.ts';
import { ACTION, RESOURCE, SUBJECT } from './support/search.ts';

const operations = Object.entries(OPERATIONS);

describe('every route', () => {
  it('is described, and nothing is that is no route', () => {
    const routes = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(OPERATIONS).toSorted()).toEqual([...routes, 'GET /healthz'].toSorted());
  });

  it('is in the committed document and reference as it is described: npm run generate:docs', () => {
    for (const [path, content] of Object.entries(generatedFiles()))
      expect(readFileSync(path, 'utf8') === content, `${path} is not up to date`).toBe(true);
  });
});

let rolecall: Running;
let ask: ReturnType<typeof asker>;
beforeAll(async () => {
  rolecall = await startRolecall();
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  clerk.createOrganization({ id: 'org_1' });
  for (const id of ['user_1', 'user_2', 'user_3']) clerk.createUser({ id });
  for (const role of ['owner', 'agent']) clerk.defineRole(`org:${role}`, role, []);
  clerk.addMember('org_1', 'user_1', 'org:owner');
  clerk.addMember('org_1', 'user_2', 'org:agent', { publicMetadata: { filler: 'x'.repeat(8_000) } });
  clerk.addMember('org_1', 'user_3', 'org:member');
  clerk.createInvitation('org_1', 'new@acme.test', 'org:agent', { inviterId: 'user_1' });
  clerk.removeMember('org_1', 'user_3');
  await teller(rolecall)();
  await activate(rolecall, cstar);
  await rolecall.post(JSON.stringify({ type: 'unheard.of', data: {} }), { id: 'msg_odd' });
  await operate('/replays', { ids: ['msg_odd'], reason: 'to have one' });
  await rolecall.sql`
    insert into rolecall.reconciliations (cause, dry_run, asked_by, reason, drift)
    values ('operator', true, 'ann', '', '{"missing": 1}')`;
  await rolecall.sql`
    insert into rolecall.drift (reconciliation_id, kind, organization_id, user_id, subject, theirs, outcome)
    values (1, 'missing', 'org_1', 'user_9', 'orgmem_9', '{"role": "org:member"}', 'found')`;
});
afterAll(() => rolecall.stop());

const operate = async (path: string, body: unknown) =>
  ask(`/operator/v1${path}`, body, { token: 'operator-CANARY' });

/** Where there is something to see. */
const PLACES: Readonly<Record<string, string>> = {
  ':organization': 'org_1',
  ':user': 'user_1',
  ':id': 'msg_odd',
};
const QUERIES: Readonly<Record<string, string>> = {
  'GET /v1/organizations/:organization/assignable-roles': '?actor=user_1&target=user_2',
  'GET /v1/organizations/:organization/invitations': '?status=all',
  'GET /v1/changes': '?after=0',
  'GET /operator/v1/explanations': '?user=user_1&organization=org_1&permission=teams:create',
};

const tokenFor = (by: string) => (by === 'operator' ? 'operator-CANARY' : undefined);
const pathOf = (route: string) => {
  const path = (route.split(' ')[1] ?? '').replace(/(replays|reconciliations)\/:id/, '$1/1');
  return `${path.replaceAll(/:\w+/g, (name) => PLACES[name] ?? name)}${QUERIES[route] ?? ''}`;
};

function expectDescribed(route: string, { status, json, text }: Answer): void {
  const operation = OPERATIONS[route as keyof typeof OPERATIONS];
  if (operation === undefined) throw new Error(`${route} is not described`);
  if (status !== 200) {
    expect(errorsOf(route, operation), text).toContain((json as { error: { code: never } }).error.code);
    return;
  }
  const lines = () =>
    text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  const whole = operation.media === 'text/plain' ? text : json;
  const answers = operation.media === 'application/x-ndjson' ? lines() : [whole];
  const read = v.safeParse(v.array(operation.answer), answers);
  expect(
    read.issues?.map((issue) => [v.getDotPath(issue), issue.message]),
    text,
  ).toBe(undefined);
}

describe('an answer', () => {
  const reading = operations.filter(([route]) => route.startsWith('GET '));
  it.each(reading)('of %s is what it is described to be', async (route, { by }) => {
    const answer = await rolecall.get(pathOf(route), tokenFor(by));
    // Whose session it is, no token of an app says.
    if (by !== 'session') expect(answer.status, answer.text).toBe(200);
    expectDescribed(route, answer);
  });

  it.each(operations.filter(([, { by }]) => by === 'app' || by === 'operator'))(
    'to strangers of %s is an error that it is described to have',
    async (route) => {
      const method = route.split(' ')[0] ?? '';
      const answer = await answerOf(await fetch(`${rolecall.url}${pathOf(route)}`, { method }));
      // There are more routes than wrong tokens of operators may be tried at once.
      expect([401, 429]).toContain(answer.status);
      expectDescribed(route, answer);
    },
  );

  it('to a parameter that nobody knows is an error that it is described to have', async () => {
    for (const [route, { by, query }] of reading.filter(([, one]) => one.query !== undefined)) {
      const answer = await rolecall.get(`${pathOf(route).split('?')[0]}?unheard=of`, tokenFor(by));
      expect([query === undefined, answer.status], route).toEqual([false, by === 'session' ? 404 : 400]);
      expectDescribed(route, answer);
    }
  });

  it('to a question is what it is described to be', async () => {
    const who = { subject: { type: 'user' }, action: { name: 'teams:create' } };
    const resource = { type: 'organization', id: 'org_1' };
    const subject = { type: 'user', id: 'user_1' };
    const asked: [string, unknown][] = [
      ['/access/v1/evaluation', question('user_1', 'org_1')],
      ['/access/v1/evaluation', question('user_9', 'org_1')],
      ['/access/v1/evaluation', {}],
      ['/access/v1/evaluations', { evaluations: [question('user_1', 'org_1'), 7] }],
      ['/access/v1/evaluations', question('user_1', 'org_1')],
      [SUBJECT, { ...who, resource }],
      [SUBJECT, { ...who, resource: { type: 'record', id: 'r' } }],
      [RESOURCE, { ...who, subject, resource: { type: 'organization' } }],
      [ACTION, { subject, resource }],
      [ACTION, { subject, resource, page: 1 }],
    ];
    for (const [path, body] of asked) expectDescribed(`POST ${path}`, await ask(path, body));
    expectDescribed('POST /webhooks/clerk', await rolecall.post('{}'));
    const replays = 'POST /operator/v1/replays';
    expectDescribed(replays, await operate('/replays', { ids: ['msg_odd'], dry_run: true }));
    expectDescribed(replays, await operate('/replays', { ids: [] }));
    expectDescribed(`${replays}/:id/cancel`, await operate('/replays/1/cancel', {}));
    expectDescribed('POST /operator/v1/holds/:id/approve', await operate('/holds/7/approve', {}));
    expectDescribed('POST /webhooks/clerk', await rolecall.post('{}', { secret: `whsec_${btoa('wrong')}` }));
  });
});

test('a body is asked for, but where a route does without', async () => {
  const { json } = await answerOf(await fetch(`${rolecall.url}/openapi.json`));
  const required = (path: string) =>
    expect(json, path).toHaveProperty(['paths', path, 'post', 'requestBody', 'required'], true);
  const left = (path: string) =>
    expect(json, path).toHaveProperty(['paths', path, 'post', 'requestBody', 'required'], false);
  required('/operator/v1/replays');
  left('/operator/v1/holds/{id}/approve');
  left('/operator/v1/holds/{id}/reject');
});

test('the document is a valid one, for anybody, and complete in itself', async () => {
  const { status, json, headers } = await answerOf(await fetch(`${rolecall.url}/openapi.json`));
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(headers.get('cache-control')).toBe('no-store');
  const read = v.parse(
    v.looseObject({ openapi: v.literal('3.1.0'), paths: v.record(v.string(), v.unknown()) }),
    json,
  );
  const { valid, errors } = await new Validator().validate({ ...read });
  expect([valid, errors]).toEqual([true, undefined]);
  expect(Object.keys(read.paths)).toHaveLength(
    new Set(operations.map(([route]) => route.split(' ')[1])).size,
  );
  for (const [, reference = ''] of JSON.stringify(json).matchAll(/"\$ref":"([^"]+)"/g))
    expect(json, reference).toHaveProperty(reference.replace('#/', '').split('/'));
});
