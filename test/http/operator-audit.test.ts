import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyNumber, anyText } from '../support/matchers.ts';
import { OPERATORS, operatorOf, READER } from './support/operator.ts';
import { teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

interface Entry {
  readonly revision: number | null;
  readonly kind: string;
  readonly user: string | null;
  readonly recorded_at: string;
}
interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  const { clerk } = rolecall;
  const tell = teller(rolecall);
  for (const id of ['user_jane', 'user_joe']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_acme', name: 'Acme' });
  clerk.createOrganization({ id: 'org_zoo', name: 'Öl & Gas' });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  clerk.addMember('org_acme', 'user_joe', 'org:member', {
    publicMetadata: { note: 'PAYLOAD-CANARY' },
  });
  await tell(() => clerk.changeRole('org_acme', 'user_jane', 'org:member'));
  await operatorOf(rolecall)('POST', '/replays', { filter: {}, reason: 'to be sure' });
});
afterAll(() => rolecall.stop());

const ask = (path: string, token?: string) => operatorOf(rolecall)('GET', path, undefined, token);
const list = async (query = '') => (await ask(`/audit${query}`)).json as Page;

describe('the audit trail over HTTP', () => {
  it('is told page by page, the latest first, changes and actions in one order', async () => {
    const all = (await list()).entries;
    const walked: Entry[] = [];
    for (let page = await list('?limit=2'); ; page = await list(`?limit=2&cursor=${page.next}`)) {
      walked.push(...page.entries);
      if (page.next === null) break;
    }
    expect(walked).toEqual(all);
    const times = all.map(({ recorded_at: at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(all[0]).toEqual({
      revision: null,
      action: anyNumber,
      kind: 'replay',
      organization: null,
      user: null,
      agent: null,
      role: null,
      permissions: [],
      cutoff: null,
      subject: anyText,
      cause: { type: 'operator', by: 'ann', reason: 'to be sure' },
      at: anyText,
      recorded_at: anyText,
    });
    expect(all[1]).toEqual({
      revision: anyNumber,
      action: null,
      kind: 'reduced',
      organization: 'org_acme',
      user: 'user_jane',
      agent: null,
      role: 'org:member',
      permissions: expect.arrayContaining(['org:sys_memberships:read']) as unknown,
      cutoff: { of: 'member', id: 'org_acme/user_jane', at: anyText },
      subject: null,
      cause: { type: 'delivery', delivery: anyText },
      at: anyText,
      recorded_at: anyText,
    });
    expect(JSON.stringify(all)).not.toContain('PAYLOAD-CANARY');
  });

  it('is filtered by organization, user, kind, cause and time, in any combination', async () => {
    const kinds = async (query: string) => (await list(query)).entries.map(({ kind }) => kind);
    expect(await kinds('?user=user_jane')).toEqual(['reduced', 'granted']);
    expect(await kinds('?organization=org_acme&kind=granted')).toEqual(['granted', 'granted']);
    expect(await kinds('?cause=operator')).toEqual(['replay', 'mode']);
    expect(await kinds('?cause=lookup')).toEqual([]);
    expect(await kinds('?organization=org_acme&cause=operator')).toEqual([]);
    const [action] = (await list()).entries;
    expect(await kinds(`?from=${action?.recorded_at}`)).toEqual(['replay']);
    expect(await kinds(`?to=2000-01-01T00:00:00Z`)).toEqual([]);
  });

  it.each([
    'cause=nobody',
    'kind=A%00',
    'kind=%27%3B%20drop%20table',
    'organization=a%2Fb',
    'from=yesterday',
    'limit=0',
    'cursor=x',
    `cursor=${btoa('["delivery",1,1]')}`,
    `cursor=${btoa('["change",-1,1]')}`,
    'status=failed',
  ])('answers 400 to %s', async (query) => {
    const answer = await ask(`/audit?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { code: 'invalid_parameter' } });
  });

  it('is open to operators who may only look, and to nobody else', async () => {
    for (const path of [
      '/audit',
      '/organizations',
      '/organizations/org_acme/access-review',
      '/explanations?user=user_jane&organization=org_acme',
    ]) {
      expect((await ask(path, READER)).status, path).toBe(200);
      expect((await ask(path, 'nobody')).status, path).toBe(401);
    }
  });
});

describe('organizations', () => {
  const found = async (query: string) =>
    (await ask(`/organizations${query}`)).json as {
      readonly organizations: readonly { readonly organization: string }[];
      readonly next: string | null;
    };
  const ids = async (query: string) => (await found(query)).organizations.map((one) => one.organization);

  it('are found by the beginning of their id or of their name, in any case', async () => {
    expect((await found('?query=acm')).organizations).toEqual([
      { organization: 'org_acme', name: 'Acme', members: 2, more_members: false },
    ]);
    expect(await ids('?query=org_')).toEqual(['org_acme', 'org_zoo']);
    expect(await ids('?query=%C3%96l')).toEqual(['org_zoo']);
    expect(await ids('')).toEqual(['org_acme', 'org_zoo']);
    expect(await ids('?query=%25')).toEqual([]);
    expect(await ids('?query=cme')).toEqual([]);
  });

  it('are told page by page, by id before those by name, each once', async () => {
    await rolecall.sql`
      insert into rolecall.organizations (id, name)
      select 'acme_' || n, 'Acme ' || n from generate_series(1, 5) as n`;
    const walked: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await found(`?query=acme&limit=2${cursor}`);
      expect(page.organizations.length).toBeLessThanOrEqual(2);
      walked.push(...page.organizations.map((one) => one.organization));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(walked).toEqual(['acme_1', 'acme_2', 'acme_3', 'acme_4', 'acme_5', 'org_acme']);
    await rolecall.sql`delete from rolecall.organizations where id like 'acme%'`;
  });

  it('are found by their whole id also where only their members were ever told of; deleted ones are not', async () => {
    await rolecall.sql`
      insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
      values ('org_untold', 'user_jane', 'orgmem_u', 1, 1)`;
    expect(await ids('?query=org_untold')).toEqual(['org_untold']);
    await rolecall.sql`update rolecall.organizations set deleted_at = 1 where id = 'org_zoo'`;
    expect(await ids('?query=org_zoo')).toEqual([]);
    await rolecall.sql`update rolecall.organizations set deleted_at = null`;
  });
});

describe('an explanation over HTTP', () => {
  it('answers, with its reasons', async () => {
    const { json } = await ask(
      '/explanations?user=user_jane&organization=org_acme&permission=org:sys_memberships:manage',
    );
    expect(json).toMatchObject({
      user: 'user_jane',
      organization: 'org_acme',
      permission: 'org:sys_memberships:manage',
      answer: false,
      role: 'org:member',
      cutoff: anyText,
      because: expect.arrayContaining([
        { code: 'role_does_not_grant', text: anyText, delivery: null, revision: null, at: null },
        { code: 'cutoff_member', text: anyText, delivery: anyText, revision: anyNumber, at: anyText },
      ]) as unknown,
    });
  });

  it('of whom nothing was ever told says so', async () => {
    const { status, json } = await ask('/explanations?user=user_x&organization=org_x');
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ answer: null, role: null, permissions: [], cutoff: null }),
    ]);
  });

  it.each([
    '',
    '?user=user_jane',
    '?user=a%2Fb&organization=org_acme',
    '?user=user_jane&organization=org_acme&permission=a%20b',
  ])('cannot be had for %j', async (query) => {
    expect((await ask(`/explanations${query}`)).status).toBe(400);
  });
});
