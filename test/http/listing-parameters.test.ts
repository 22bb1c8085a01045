import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyText, textLike } from '../support/matchers.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const LIMITED = 'limited-secret';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_1:${LIMITED}` },
  });
});
afterAll(() => rolecall.stop());

const of = (list: string, organization = 'org_1') => `/v1/organizations/${organization}/${list}`;
const ACTOR = 'actor=user_1';
const LISTS = ['members', 'invitations', 'seats', `assignable-roles?${ACTOR}`, 'findings'];

const cursor = (position: unknown) => btoa(JSON.stringify(position)).replaceAll('=', '');
const LONG = 'x'.repeat(192);

describe('a query parameter', () => {
  it.each([
    ['members?limit=0', 'limit'],
    ['members?limit=501', 'limit'],
    ['members?limit=-1', 'limit'],
    ['members?limit=1e2', 'limit'],
    ['members?limit=1.0', 'limit'],
    ['members?limit=01', 'limit'],
    ['members?limit=%201', 'limit'],
    ['members?limit=', 'limit'],
    ['members?limit=10&limit=10', 'limit'],
    ['members?role=', 'role'],
    ['members?role=%00', 'role'],
    ['members?role=%ff', 'role'],
    ["members?role=org:admin'--", 'role'],
    [`members?role=${LONG}`, 'role'],
    ['members?role=org:a&role=org:b', 'role'],
    ['members?scope_type=workspace', 'scope_id'],
    ['members?scope_id=ws_1', 'scope_type'],
    ['members?scope_type=work/space&scope_id=ws_1', 'scope_type'],
    ['members?scope_type=workspace&scope_id=*', 'scope_id'],
    ['members?scope_type=organization&scope_id=org_2', 'scope_id'],
    ['members?cursor=', 'cursor'],
    ['members?cursor=%25', 'cursor'],
    ['members?cursor=user_1', 'cursor'],
    [`members?cursor=${cursor('user_1')}`, 'cursor'],
    [`members?cursor=${cursor(null)}`, 'cursor'],
    [`members?cursor=${cursor(['member'])}`, 'cursor'],
    [`members?cursor=${cursor(['member', 'user_1', 'more'])}`, 'cursor'],
    [`members?cursor=${cursor(['member', '%'])}`, 'cursor'],
    [`members?cursor=${cursor(['member', { toString: 'user_1' }])}`, 'cursor'],
    [`members?cursor=${cursor(['invitation', 1, 'inv_1'])}`, 'cursor'],
    [`members?cursor=${'A'.repeat(900)}`, 'cursor'],
    ['members?organization=org_2', 'organization'],
    ['members?constructor=1', 'constructor'],
    ['members?Limit=1', 'Limit'],
    ['invitations?status=accepted', 'status'],
    ['invitations?status=PENDING', 'status'],
    ['invitations?inviter=', 'inviter'],
    ['invitations?inviter=a%2Fb', 'inviter'],
    [`invitations?cursor=${cursor(['invitation', -1, 'inv_1'])}`, 'cursor'],
    [`invitations?cursor=${cursor(['invitation', 1.5, 'inv_1'])}`, 'cursor'],
    [`invitations?cursor=${cursor(['invitation', 1e300, 'inv_1'])}`, 'cursor'],
    [`invitations?cursor=${cursor(['invitation', '1', 'inv_1'])}`, 'cursor'],
    [`invitations?cursor=${cursor(['member', 'user_1'])}`, 'cursor'],
    ['seats?limit=1', 'limit'],
    ['findings?everywhere=true', 'everywhere'],
    ['assignable-roles', 'actor'],
    ['assignable-roles?actor=', 'actor'],
    ['assignable-roles?target=user_2', 'actor'],
    [`assignable-roles?${ACTOR}&actor=user_2`, 'actor'],
    [`assignable-roles?${ACTOR}&target=`, 'target'],
    [`assignable-roles?${ACTOR}&target=user_2&target=user_3`, 'target'],
    [`assignable-roles?${ACTOR}&scope_type=workspace`, 'scope_id'],
    [`assignable-roles?${ACTOR}&role=org:admin`, 'role'],
  ])('that cannot be used is named: %s', async (query, name) => {
    const { status, json, headers } = await rolecall.get(of(query));
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { code: 'invalid_parameter', message: textLike(new RegExp(`^The query parameter "${name}" `)) },
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each(['%3Cscript%3E=1', '__proto__=1', '=1', `${'n'.repeat(5_000)}=1`])(
    'that nobody would name is not told back: %s',
    async (query) => {
      const { status, json } = await rolecall.get(of(`members?${query}`));
      expect(status).toBe(400);
      expect(json).toEqual({
        error: { code: 'invalid_parameter', message: 'A query parameter is not known here.' },
      });
    },
  );

  it('is not known to the list of roles', async () => {
    expect((await rolecall.get('/v1/roles?limit=1')).status).toBe(400);
  });

  it('may be left out, and at its bounds', async () => {
    for (const query of ['members', 'members?', 'members?limit=1', 'members?limit=500'])
      expect((await rolecall.get(of(query))).status, query).toBe(200);
  });
});

describe('whoever asks', () => {
  it.each([...LISTS.map((list) => of(list)), '/v1/roles'])('has a token: %s', async (path) => {
    const { status, json, headers } = await rolecall.get(path, 'wrong');
    expect(status).toBe(401);
    expect(json).toEqual({ error: { code: 'unauthenticated', message: anyText } });
    expect(headers.get('www-authenticate')).toBe('Bearer');
    // Before anything that was sent is looked at.
    expect((await rolecall.get(`${path}${path.includes('?') ? '&' : '?'}odd=1`, 'wrong')).status).toBe(401);
  });

  it.each(LISTS)('with a token of one organization is told of no other: %s', async (list) => {
    for (const other of ['org_2', 'org_11', 'ORG_1']) {
      const { status, json } = await rolecall.get(of(list, other), LIMITED);
      expect([status, json]).toMatchObject([403, { error: { code: 'forbidden' } }]);
    }
    expect((await rolecall.get(of(list), LIMITED)).status).toBe(200);
  });

  it.each(LISTS)('about what is no organization is told so: %s', async (list) => {
    for (const odd of ['%00', '%2e%2e%2f', "org_1'", LONG, 'org%201']) {
      const { status, json } = await rolecall.get(of(list, odd));
      expect([status, json]).toMatchObject([400, { error: { code: 'invalid_identifier' } }]);
    }
  });

  it.each([
    ['members', { members: [], next: null, revision: 0 }],
    ['invitations', { invitations: [], next: null, revision: 0 }],
    ['seats', { total: 0, free: 0, paid: 0, by_role: {}, revision: 0 }],
    [`assignable-roles?${ACTOR}`, { invite: [], change: [], remove: false, revision: 0 }],
    ['findings', { findings: [] }],
  ])('about an organization that nobody knows is told that there is nothing: %s', async (list, nothing) => {
    const { status, json, headers } = await rolecall.get(of(list, 'org_nowhere'));
    expect([status, json]).toEqual([200, nothing]);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
