import { describe, expect, it } from 'vitest';
import { grantOf } from '../../src/domain/grant.ts';
import { createApp } from '../../src/http/app.ts';
import type { Services } from '../../src/http/services.ts';
import { type Standing, StoreUnavailable } from '../../src/pipeline/ports.ts';
import { createClient } from '../../src/sdk/client/create-client.ts';
import { ALLOWED, asker, denied, MANY, ONE } from './support/authzen.ts';
import { READ_TOKEN } from './support/rolecall.ts';

const member = (grants: readonly string[], parts: object = {}) => ({
  member: true,
  role: 'role',
  roles: [],
  suspended: false,
  contested: false,
  cutoff: null,
  grants: grants.map(grantOf),
  ...parts,
});

/** What a policy with workspaces, agents and conditions makes of an organization. */
const STANDING: Standing = {
  revision: 42,
  scopes: ['workspace'],
  members: new Map([
    [
      'org_1/user_editor',
      member(['dag:read', 'dag:run @workspace/ws_1', 'tool:mail', 'tool:sql @workspace/ws_1']),
    ],
    ['org_1/user_owner', member(['dag:run', 'dag:run @workspace/*', 'tool:mail', 'tool:search'])],
    ['org_1/user_agent', member(['ticket:edit own', 'inbox:read assigned', 'tool:mail own'])],
    ['org_1/user_banned', member(['tool:mail'], { suspended: true })],
  ]),
  agents: new Map([
    ['org_1/agent_a', { permissions: ['tool:mail', 'tool:sql'] }],
    ['org_2/agent_b', { permissions: ['tool:mail'] }],
  ]),
  sessions: new Map(),
};

const appThat = (readStanding: () => Promise<Standing>) => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const readTokens = [{ name: 'app', organization: null, secret: READ_TOKEN }];
  const rest = { clock: Date, log, readTokens, knownRestoring: () => false };
  const services = { store: { readStanding }, ...rest } as unknown as Services;
  const app = createApp(() => ({ services }));
  return async (request: Request) => app.fetch(request);
};
const app = appThat(() => Promise.resolve(STANDING));
const ask = asker('https://rolecall.test', app);

const user = (id: string) => ({ type: 'user', id });
const agent = (id: string, acting_for?: string) => ({
  type: 'agent',
  id,
  ...(acting_for === undefined ? {} : { properties: { acting_for } }),
});
const resource = (type: string, id: string, properties: object = {}) => ({
  type,
  id,
  properties: { organization: 'org_1', ...properties },
});

const decide = async (subject: object, name: string, on: object): Promise<unknown> => {
  const body = { subject, action: { name }, resource: on };
  const { status, json } = await ask(ONE, body);
  expect(status).toBe(200);
  expect((await ask(MANY, { evaluations: [body] })).json).toEqual({ evaluations: [json] });
  return json;
};
const NO = denied('missing_permission');

describe('a scope', () => {
  it('is the resource itself where the policy knows its type', async () => {
    const run = (who: string, workspace: string) =>
      decide(user(who), 'dag:run', resource('workspace', workspace));
    expect(await run('user_editor', 'ws_1')).toEqual(ALLOWED);
    expect(await run('user_editor', 'ws_2')).toEqual(NO);
    expect(await run('user_owner', 'ws_2')).toEqual(ALLOWED);
  });

  it('is named by a property of any other resource', async () => {
    const run = (who: string, scope?: object) =>
      decide(user(who), 'dag:run', resource('dag', 'dag_1', scope === undefined ? {} : { scope }));
    expect(await run('user_editor', { type: 'workspace', id: 'ws_1' })).toEqual(ALLOWED);
    expect(await run('user_editor', { type: 'workspace', id: 'ws_2' })).toEqual(NO);
    expect(await run('user_editor', { type: 'project', id: 'ws_1' })).toEqual(NO);
    expect(await run('user_editor')).toEqual(NO);
    expect(await run('user_owner')).toEqual(ALLOWED);
  });

  it('is not reached by what is held in the organization', async () => {
    const scope = { type: 'workspace', id: 'ws_1' };
    expect(await decide(user('user_editor'), 'dag:read', resource('dag', 'dag_1'))).toEqual(ALLOWED);
    expect(await decide(user('user_editor'), 'dag:read', resource('dag', 'dag_1', { scope }))).toEqual(NO);
    const same = { scope: { type: 'organization', id: 'org_1' } };
    expect(await decide(user('user_editor'), 'dag:read', resource('dag', 'dag_1', same))).toEqual(ALLOWED);
  });
});

describe('a condition', () => {
  it('looks at owner and assignees, who may be nobody', async () => {
    const edit = (owner: unknown) =>
      decide(user('user_agent'), 'ticket:edit', resource('ticket', 't_1', { owner }));
    expect(await edit('user_agent')).toEqual(ALLOWED);
    for (const other of ['user_owner', '', null, undefined]) expect(await edit(other)).toEqual(NO);
    const read = (assignees: unknown) =>
      decide(user('user_agent'), 'inbox:read', resource('inbox', 'i_1', { assignees }));
    expect(await read(['user_owner', 'user_agent'])).toEqual(ALLOWED);
    for (const others of [['user_owner'], [], null, undefined]) expect(await read(others)).toEqual(NO);
  });

  it('is not met by what the subject says of itself', async () => {
    const subject = { ...user('user_agent'), properties: { owner: 'user_agent', assignees: ['user_agent'] } };
    expect(await decide(subject, 'ticket:edit', resource('ticket', 't_1'))).toEqual(NO);
  });
});

describe('an agent', () => {
  const on = resource('mailbox', 'm_1');

  it('uses the tools of its organization’s list', async () => {
    expect(await decide(agent('agent_a'), 'tool:mail', on)).toEqual(ALLOWED);
    expect(await decide(agent('agent_a'), 'tool:search', on)).toEqual(NO);
    expect(await decide(agent('agent_b'), 'tool:mail', on)).toEqual(denied('not_an_agent'));
    expect(await decide(user('agent_a'), 'tool:mail', on)).toEqual(denied('not_a_member'));
    expect(await decide(agent('user_owner'), 'tool:mail', on)).toEqual(denied('not_an_agent'));
  });

  it('may, for a user, what both may, and stops with that user', async () => {
    expect(await decide(agent('agent_a', 'user_owner'), 'tool:mail', on)).toEqual(ALLOWED);
    expect(await decide(agent('agent_a', 'user_owner'), 'tool:search', on)).toEqual(NO);
    expect(await decide(agent('agent_a', 'user_owner'), 'tool:sql', on)).toEqual(NO);
    expect(await decide(agent('agent_a', 'user_owner'), 'dag:run', on)).toEqual(NO);
    expect(await decide(agent('agent_a', 'user_banned'), 'tool:mail', on)).toEqual(denied('suspended'));
    expect(await decide(agent('agent_a', 'user_gone'), 'tool:mail', on)).toEqual(denied('not_a_member'));
    expect(await decide(agent('agent_a', ''), 'tool:mail', on)).toEqual(denied('not_a_member'));
    const scope = { type: 'workspace', id: 'ws_1' };
    const inWorkspace = resource('table', 't_1', { scope });
    expect(await decide(agent('agent_a', 'user_editor'), 'tool:sql', inWorkspace)).toEqual(ALLOWED);
  });

  it('may own what its user may do to their own', async () => {
    for (const [owner, expected] of [
      ['agent_a', ALLOWED],
      ['user_agent', ALLOWED],
      ['agent_b', NO],
    ] as const)
      expect(
        await decide(agent('agent_a', 'user_agent'), 'tool:mail', resource('draft', 'd_1', { owner })),
      ).toEqual(expected);
  });
});

it('the client of the SDK is understood in all that it can ask', async () => {
  const client = createClient({ url: 'https://rolecall.test', token: READ_TOKEN, fetch: app });
  const organization = 'org_1';
  const scope = { type: 'workspace', id: 'ws_1' };
  const token = { sessionId: 'sess_1', issuedAt: Math.floor(Date.now() / 1_000) };
  const allowed: Parameters<typeof client.check>[0][] = [
    { user: 'user_editor', organization, permission: 'dag:read', token },
    { user: 'user_editor', organization, permission: 'dag:run', scope },
    { user: 'user_agent', organization, permission: 'ticket:edit', owner: 'user_agent' },
    { user: 'user_agent', organization, permission: 'inbox:read', assignees: ['user_agent'] },
    { agent: 'agent_a', organization, permission: 'tool:mail' },
    { agent: 'agent_a', actingFor: 'user_owner', organization, permission: 'tool:mail', token },
  ];
  for (const question of allowed) {
    expect(await client.check(question)).toEqual({ allowed: true });
    expect(await client.check({ ...question, permission: 'no:such' })).toEqual({
      allowed: false,
      reason: 'missing_permission',
    });
  }
});

it('while the database is away, nothing is decided', async () => {
  const away = asker(
    'https://rolecall.test',
    appThat(() => Promise.reject(new StoreUnavailable('away'))),
  );
  const body = { subject: user('user_owner'), action: { name: 'dag:run' }, resource: resource('dag', 'd') };
  for (const asked of [body, { evaluations: [body] }]) {
    const { status, json, headers } = await away(MANY, asked, { headers: { 'x-request-id': 'r1' } });
    expect([status, json]).toMatchObject([503, { error: { code: 'unavailable' } }]);
    expect([headers.get('retry-after'), headers.get('x-request-id')]).toEqual(['5', 'r1']);
  }
});
