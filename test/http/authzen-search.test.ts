import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import astro from '../../examples/astro/policy.ts';
import { asker, within } from './support/authzen.ts';
import { activate, teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';
import { ACTION, type Page, RESOURCE, SUBJECT, searched } from './support/search.ts';

const LIMITED = 'limited-secret';

let rolecall: Running;
let ask: ReturnType<typeof asker>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_acme:${LIMITED}` },
  });
  ask = asker(rolecall.url);
  const { clerk } = rolecall;
  clerk.defineRole('org:owner', 'Owner', []);
  for (const id of ['org_acme', 'org_other', 'org_empty']) clerk.createOrganization({ id });
  for (const name of ['ann', 'bob', 'cat', 'dan', 'eve']) clerk.createUser({ id: `user_${name}` });
  const metadata = (workspaces: Record<string, string>) => ({ publicMetadata: { workspaces } });
  clerk.addMember('org_acme', 'user_ann', 'org:owner');
  clerk.addMember('org_acme', 'user_bob', 'org:member', metadata({ ws_1: 'WORKSPACE_EDITOR' }));
  clerk.addMember('org_acme', 'user_cat', 'org:member', metadata({ ws_1: 'WORKSPACE_VIEWER' }));
  clerk.addMember('org_acme', 'user_dan', 'org:owner');
  clerk.addMember('org_other', 'user_bob', 'org:owner');
  clerk.addMember('org_other', 'user_ann', 'org:member', metadata({ ws_9: 'WORKSPACE_VIEWER' }));
  const tell = teller(rolecall);
  await tell();
  // Not the first three.
  await activate(rolecall, { ...astro, constraints: [{ firstMembersBecome: 'org:owner', count: 1 }] });
});
afterAll(() => rolecall.stop());

const acme = { type: 'organization', id: 'org_acme' };
const invite = { name: 'organization_users:invite' };
const user = (name: string) => ({ type: 'user', id: `user_${name}` });
const whoInvites = { subject: { type: 'user' }, action: invite, resource: acme };
const workspace = (id: string, organization = 'org_acme') => ({
  type: 'workspace',
  id,
  properties: { organization },
});

async function find(path: string, body: object): Promise<readonly string[]> {
  return (await searched(ask, path, body)).found;
}

describe('a search for subjects', () => {
  it('answers who may do it there, in entities as the standard has them', async () => {
    const { status, json, headers } = await ask(SUBJECT, whoInvites, { headers: { 'x-request-id': 'r1' } });
    expect([status, json]).toEqual([
      200,
      { results: [user('ann'), user('dan')], page: { next_token: '', count: 2 } },
    ]);
    expect(headers.get('x-request-id')).toBe('r1');
    expect(Number(headers.get('rolecall-revision'))).toBeGreaterThan(0);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('looks into resources, where roles of the organization reach as well', async () => {
    const editing = { subject: { type: 'user' }, action: { name: 'deployments:update' } };
    expect(await find(SUBJECT, { ...editing, resource: workspace('ws_1') })).toEqual(['user_bob']);
    expect(await find(SUBJECT, { ...editing, resource: workspace('ws_2') })).toEqual([]);
    const viewing = { subject: { type: 'user' }, action: { name: 'organization:view' } };
    expect(await find(SUBJECT, { ...viewing, resource: workspace('ws_2') })).toHaveLength(4);
    const dag = {
      type: 'dag',
      id: 'dag_1',
      properties: { organization: 'org_acme', scope: { type: 'workspace', id: 'ws_1' } },
    };
    expect(await find(SUBJECT, { ...editing, resource: dag })).toEqual(['user_bob']);
  });

  it('ignores the id of the subject, whatever it is', async () => {
    for (const id of ['user_ann', 'user_nobody', '', null, 7])
      expect(await find(SUBJECT, { ...whoInvites, subject: { type: 'user', id } })).toEqual([
        'user_ann',
        'user_dan',
      ]);
  });

  it('answers for the organization of the path, and about no two at once', async () => {
    const record = { type: 'record', id: 'record-1' };
    expect((await ask(within('org_acme', SUBJECT), { ...whoInvites, resource: record })).json).toMatchObject({
      results: [user('ann'), user('dan')],
    });
    expect((await ask(SUBJECT, { ...whoInvites, resource: record })).json).toEqual({
      results: [],
      page: { next_token: '', count: 0 },
      context: { reason: 'organization_missing' },
    });
    expect((await ask(within('org_other', SUBJECT), whoInvites)).json).toMatchObject({
      results: [],
      context: { reason: 'organization_conflict' },
    });
  });

  it('refuses the tokens that evaluation refuses', async () => {
    const token = (issued_at: unknown) => ({ context: { token: { session_id: 'sess_1', issued_at } } });
    const at = Math.floor(Date.now() / 1_000);
    expect(await find(SUBJECT, { ...whoInvites, ...token(at) })).toEqual(['user_ann', 'user_dan']);
    for (const odd of [at + 3_600, 'yesterday', null])
      expect(await find(SUBJECT, { ...whoInvites, ...token(odd) })).toEqual([]);
  });
});

describe('a search for resources', () => {
  const viewing = { subject: user('ann'), action: { name: 'organization:view' } };

  it('answers the organizations in which the subject may, or the one that is named', async () => {
    const anywhere = { ...viewing, resource: { type: 'organization' } };
    expect((await ask(RESOURCE, anywhere)).json).toMatchObject({
      results: [acme, { type: 'organization', id: 'org_other' }],
    });
    expect(await find(RESOURCE, { ...anywhere, action: invite })).toEqual(['org_acme']);
    expect(await find(within('org_other', RESOURCE), anywhere)).toEqual(['org_other']);
    expect(await find(RESOURCE, { ...anywhere, context: { organization: 'org_empty' } })).toEqual([]);
    expect(await find(RESOURCE, { ...anywhere, subject: user('eve') })).toEqual([]);
  });

  it('answers the resources in which the subject has a role that grants it', async () => {
    const properties = { organization: 'org_acme' };
    const body = { ...viewing, subject: user('cat'), resource: { type: 'workspace', properties } };
    const dags = { ...body, action: { name: 'dags:view' } };
    expect((await ask(RESOURCE, dags)).json).toEqual({
      results: [{ type: 'workspace', id: 'ws_1' }],
      page: { next_token: '', count: 1 },
    });
    expect(await find(RESOURCE, { ...dags, action: { name: 'deployments:update' } })).toEqual([]);
  });

  it('says that it may everywhere, and lists those that are known', async () => {
    const resource = { type: 'workspace', properties: { organization: 'org_acme' } };
    expect((await ask(RESOURCE, { ...viewing, resource })).json).toEqual({
      results: [{ type: 'workspace', id: 'ws_1' }],
      page: { next_token: '', count: 1 },
      context: { everywhere: true },
    });
  });

  it('knows no resources of other types', async () => {
    const resource = { type: 'record', properties: { organization: 'org_acme' } };
    expect(await find(RESOURCE, { ...viewing, resource })).toEqual([]);
  });
});

describe('a search for actions', () => {
  it('answers what the subject may do there, in order', async () => {
    expect((await ask(ACTION, { subject: user('bob'), resource: acme })).json).toMatchObject({
      results: [{ name: 'organization:view' }, { name: 'workspaces:create' }],
    });
    expect(await find(ACTION, { subject: user('cat'), resource: workspace('ws_1') })).toEqual([
      'dags:view',
      'deployments:view',
      'organization:view',
      'workspace_users:view',
      'workspaces:create',
    ]);
    expect(await find(ACTION, { subject: user('eve'), resource: acme })).toEqual([]);
    expect(await find(ACTION, { subject: { type: 'spaceship', id: 's_1' }, resource: acme })).toEqual([]);
  });
});

describe('a page', () => {
  const pages = async (path: string, body: object, limit: number) => searched(ask, path, body, limit);

  it('holds no more than its limit, and all of them together everything once', async () => {
    const all = { subject: { type: 'user' }, action: { name: 'organization:view' }, resource: acme };
    for (const limit of [1, 2, 3, 4, 100]) {
      const { found, pages: count } = await pages(SUBJECT, all, limit);
      expect(found).toEqual(['user_ann', 'user_bob', 'user_cat', 'user_dan']);
      expect(count).toBe(Math.ceil(4 / limit));
    }
    const owner = { subject: user('ann'), resource: acme };
    expect((await pages(ACTION, owner, 2)).found).toEqual(await find(ACTION, owner));
  });

  it('may be asked for with any limit that is a count', async () => {
    const limited = async (limit: unknown) => ask(SUBJECT, { ...whoInvites, page: { limit } });
    expect((await limited(1_000_000)).json).toMatchObject({ page: { count: 2 } });
    const none = (await limited(0)).json as Page;
    expect([none.results, none.page.count]).toEqual([[], 0]);
    expect(none.page.next_token).not.toBe('');
    for (const odd of [-1, 1.5, '10', null, 1e300, {}])
      expect((await limited(odd)).json, JSON.stringify(odd)).toMatchObject({
        error: { code: 'invalid_request' },
      });
  });

  it('goes on only with a token of the same search', async () => {
    const first = (await ask(SUBJECT, { ...whoInvites, page: { limit: 1 } })).json as Page;
    const page = { token: first.page.next_token };
    expect((await ask(SUBJECT, { ...whoInvites, page })).json).toMatchObject({
      results: [user('dan')],
      page: { next_token: '' },
    });
    const others: [string, object][] = [
      [SUBJECT, { ...whoInvites, action: { name: 'organization:view' } }],
      [SUBJECT, { ...whoInvites, context: { organization: 'org_acme' } }],
      [within('org_acme', SUBJECT), whoInvites],
      [ACTION, { subject: user('ann'), resource: acme }],
    ];
    for (const [path, body] of others) {
      const { status, json } = await ask(path, { ...body, page });
      expect([status, json], path).toMatchObject([400, { error: { code: 'invalid_request' } }]);
    }
    const forged = (position: unknown) => btoa(JSON.stringify(position));
    for (const token of [
      '',
      'x',
      `${page.token}x`,
      'x'.repeat(10_000),
      forged(['search', '0'.repeat(32), '\u0000']),
      forged(['search', 1, 'a']),
      forged(null),
      7,
      null,
    ])
      expect((await ask(SUBJECT, { ...whoInvites, page: { token } })).status, String(token)).toBe(400);
  });
});

describe('whoever asks', () => {
  it('needs a token, and with one of an organization learns of no other', async () => {
    for (const path of [SUBJECT, RESOURCE, ACTION, within('org_acme', SUBJECT)])
      for (const token of [null, 'wrong'])
        expect((await ask(path, whoInvites, { token })).status, path).toBe(401);
    const limited = { token: LIMITED };
    expect((await ask(SUBJECT, whoInvites, limited)).json).toMatchObject({ page: { count: 2 } });
    const organizations = { subject: user('ann'), action: { name: 'organization:view' } };
    expect(
      (await ask(RESOURCE, { ...organizations, resource: { type: 'organization' } }, limited)).json,
    ).toEqual({
      results: [acme],
      page: { next_token: '', count: 1 },
    });
    const other = { type: 'organization', id: 'org_other' };
    const elsewhere: [string, object][] = [
      [SUBJECT, { ...whoInvites, resource: other }],
      [ACTION, { subject: user('ann'), resource: other }],
      [
        RESOURCE,
        { ...organizations, resource: { type: 'organization' }, context: { organization: 'org_other' } },
      ],
      [
        RESOURCE,
        { ...organizations, resource: { type: 'workspace', properties: { organization: 'org_other' } } },
      ],
      [within('org_other', SUBJECT), whoInvites],
    ];
    for (const [path, body] of elsewhere)
      expect((await ask(path, body, limited)).json, path).toMatchObject({ error: { code: 'forbidden' } });
  });

  it('is told what is missing or wrong, and ignored what is unknown', async () => {
    const wrong: [string, string, object][] = [
      [SUBJECT, 'action', { subject: { type: 'user' }, resource: acme }],
      [SUBJECT, 'resource.id', { ...whoInvites, resource: { type: 'record' } }],
      [SUBJECT, 'subject.type', { ...whoInvites, subject: {} }],
      [RESOURCE, 'subject', { action: invite, resource: { type: 'record' } }],
      [RESOURCE, 'subject.id', { ...whoInvites, resource: { type: 'record' } }],
      [ACTION, 'resource', { subject: user('ann') }],
      [ACTION, 'page', { subject: user('ann'), resource: acme, page: null }],
      [ACTION, 'page', { subject: user('ann'), resource: acme, page: 'next' }],
    ];
    for (const [path, place, body] of wrong) {
      const { status, json } = await ask(path, body);
      expect([status, json], place).toMatchObject([
        400,
        { error: { code: 'invalid_request', message: `${place} is missing or not what it has to be.` } },
      ]);
    }
    expect(
      await find(SUBJECT, { ...whoInvites, foo: 'bar', page: { properties: { sort: 'up' } } }),
    ).toHaveLength(2);
    expect((await ask(SUBJECT, { ...whoInvites, context: { at_least_revision: 0 } })).status).toBe(200);
    for (const name of ["'; drop table rolecall.users; --", '\u0000', '', 'x'.repeat(100_000), '\ud800'])
      expect((await ask(SUBJECT, { ...whoInvites, action: { name } })).json).toMatchObject({ results: [] });
    for (const id of ["'", '\u0000', '', '*', 'a/b'])
      expect((await ask(SUBJECT, { ...whoInvites, resource: workspace(id) })).json).toMatchObject({
        results: [],
      });
  });
});
