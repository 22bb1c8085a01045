import { afterAll, beforeAll, expect, it } from 'vitest';
import aster from '../../examples/aster-agents/policy.ts';
import { anyText } from '../support/matchers.ts';
import { OPERATORS, operatorOf } from './support/operator.ts';
import { activate, teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

interface Member {
  readonly user: string;
  readonly since: string;
  readonly guest: boolean;
  readonly permissions: readonly string[];
}
interface Review {
  readonly name: string | null;
  readonly members: readonly Member[];
  readonly invitations: readonly { readonly id: string; readonly email: string }[];
  readonly next: string | null;
}

let rolecall: Running;
const JOINED: readonly (readonly [string, string])[] = [
  ['user_boss', 'org:admin'],
  ['user_guest', 'org:guest'],
  ['user_old', 'org:member'],
  ['user_visitor', 'org:guest'],
  ['user_new', 'org:member'],
];
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  const { clerk } = rolecall;
  const tell = teller(rolecall);
  clerk.createOrganization({ id: 'org_acme', name: 'Acme' });
  clerk.defineRole('org:guest', 'Guest', []);
  for (const [id, role] of JOINED) {
    clerk.createUser({ id });
    clerk.addMember('org_acme', id, role, {
      ...(id === 'user_old' ? { publicMetadata: { workspaces: { ws_1: 'WORKSPACE_ADMIN' } } } : {}),
    });
  }
  clerk.createUser({ id: 'user_gone' });
  clerk.addMember('org_acme', 'user_gone', 'org:guest');
  clerk.removeMember('org_acme', 'user_gone');
  clerk.banUser('user_new');
  for (const n of [1, 2, 3]) {
    clerk.createInvitation('org_acme', `new${n}@acme.test`, 'org:member', { inviterId: 'user_boss' });
  }
  await tell();
  await activate(rolecall, aster);
  // Whoever has been there longest is not who has the smallest id.
  for (const [index, [id]] of JOINED.entries()) {
    await rolecall.sql`update rolecall.memberships set created_at = ${1_000_000 + index} where user_id = ${id}`;
    await rolecall.sql`update rolecall.pairs set membership_created_at = ${1_000_000 + index} where user_id = ${id}`;
  }
});
afterAll(() => rolecall.stop());

const review = async (query = '') =>
  (await operatorOf(rolecall)('GET', `/organizations/org_acme/access-review${query}`)).json as Review;

it('a review tells who has what and since when: guests first, the longest first, and who is invited by whom', async () => {
  const { members, ...rest } = await review();
  expect(members.map(({ user, guest }) => [user, guest])).toEqual([
    ['user_guest', true],
    ['user_visitor', true],
    ['user_boss', false],
    ['user_old', false],
    ['user_new', false],
  ]);
  expect(members[0]).toEqual({
    user: 'user_guest',
    role: 'org:guest',
    role_title: 'Organization Guest',
    scopes: [],
    since: '1970-01-01T00:16:40.001Z',
    permissions: ['org:agents:chat', 'org:conversations:read own', 'org:dashboard:read own'],
    guest: true,
    suspended: false,
  });
  expect(members[3]).toMatchObject({ scopes: [{ type: 'workspace', id: 'ws_1', role: 'WORKSPACE_ADMIN' }] });
  expect(members[4]).toMatchObject({ suspended: true, permissions: [] });
  expect(rest).toMatchObject({ organization: 'org_acme', name: 'Acme', next: null });
  expect(rest.invitations[0]).toMatchObject({
    email: 'new3@acme.test',
    inviter: 'user_boss',
    inviter_is_member: true,
    status: 'pending',
    created_at: anyText,
    expires_at: anyText,
  });
});

it('a review goes on page by page, through the members and then through the invitations, each once', async () => {
  const whole = await review();
  for (const limit of [1, 2, 3, 4]) {
    const [members, invitations]: [Member[], object[]] = [[], []];
    for (
      let page = await review(`?limit=${limit}`);
      ;
      page = await review(`?limit=${limit}&cursor=${page.next}`)
    ) {
      expect(page.members.length).toBeLessThanOrEqual(limit);
      members.push(...page.members);
      invitations.push(...page.invitations);
      if (page.next === null) break;
    }
    expect([members, invitations], `in pages of ${limit}`).toEqual([whole.members, whole.invitations]);
  }
});

it('a review of an organization that nobody was told of is empty, and of what is no id refused', async () => {
  const ask = operatorOf(rolecall);
  expect((await ask('GET', '/organizations/org_none/access-review')).json).toEqual({
    organization: 'org_none',
    name: null,
    members: [],
    invitations: [],
    next: null,
  });
  const answer = await ask('GET', '/organizations/a%20b/access-review');
  expect([answer.status, answer.json]).toEqual([
    400,
    { error: expect.objectContaining({ code: 'invalid_identifier' }) as unknown },
  ]);
  for (const query of ['limit=0', 'cursor=x', `cursor=${btoa('["member",-1,"user_a"]')}`, 'role=x']) {
    expect((await ask('GET', `/organizations/org_acme/access-review?${query}`)).status, query).toBe(400);
  }
});
