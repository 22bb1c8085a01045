import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cstar from '../../examples/cstar/policy.ts';
import { anyNumber } from '../support/matchers.ts';
import { activate, teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

interface Listed {
  readonly id: string;
  readonly email: string | null;
  readonly status: string;
  readonly findings: readonly string[];
}
interface Page {
  readonly invitations: readonly Listed[];
  readonly next: string | null;
}

let rolecall: Running;
let tell: ReturnType<typeof teller>;
const ids: Record<string, string> = {};

beforeAll(async () => {
  rolecall = await startRolecall();
  tell = teller(rolecall);
  const { clerk } = rolecall;
  for (const key of ['org:owner', 'org:agent', 'org:spectator']) clerk.defineRole(key, key, []);
  for (const id of ['user_admin', 'user_agent', 'user_new']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.createOrganization({ id: 'org_other' });
  clerk.addMember('org_acme', 'user_admin', 'org:admin');
  clerk.addMember('org_acme', 'user_agent', 'org:agent');
  clerk.addMember('org_other', 'user_admin', 'org:admin');
  const invite = (name: string, role: string, inviterId?: string, organization = 'org_acme') => {
    ids[name] = clerk.createInvitation(organization, `${name}@acme.test`, role, {
      ...(inviterId === undefined ? {} : { inviterId }),
      publicMetadata: { workspaces: { ws_1: 'WORKSPACE_VIEWER' } },
    }).id;
  };
  invite('first', 'org:agent', 'user_admin');
  invite('accepted', 'org:agent', 'user_admin');
  invite('revoked', 'org:agent', 'user_admin');
  invite('theirs', 'org:agent', 'user_agent');
  invite('backend', 'org:agent');
  invite('elsewhere', 'org:agent', 'user_admin', 'org_other');
  clerk.acceptInvitation(ids['accepted'] ?? '', 'user_new');
  clerk.revokeInvitation(ids['revoked'] ?? '');
  await tell();
});
afterAll(() => rolecall.stop());

const page = async (query = '', organization = 'org_acme'): Promise<Page> => {
  const { status, json } = await rolecall.get(`/v1/organizations/${organization}/invitations${query}`);
  expect(status).toBe(200);
  return json as Page;
};
const named = ({ invitations }: Page) =>
  invitations.map(({ id }) => Object.entries(ids).find(([, known]) => known === id)?.[0]);
const pendingOf = async (user: string) =>
  (await rolecall.get(`/v1/organizations/org_acme/members/${user}`)).json;

describe('the list of invitations', () => {
  it('is of those that can still be accepted, newest first, with who sent them and as what', async () => {
    const answer = await page();
    expect(named(answer)).toEqual(['backend', 'theirs', 'first']);
    const at = rolecall.clerk.outbox.find(({ body }) => body.includes(ids['first'] ?? ''))?.at ?? 0;
    expect(answer).toMatchObject({ next: null, revision: anyNumber });
    expect(answer.invitations[2]).toEqual({
      id: ids['first'],
      email: 'first@acme.test',
      role: 'org:agent',
      scopes: [{ role: 'WORKSPACE_VIEWER', scope: { type: 'workspace', id: 'ws_1' } }],
      inviter: 'user_admin',
      inviter_role: 'org:admin',
      inviter_is_member: true,
      status: 'pending',
      created_at: new Date(at).toISOString(),
      expires_at: new Date(at + 30 * 86_400_000).toISOString(),
      findings: [],
    });
    expect(answer.invitations[0]).toMatchObject({
      inviter: null,
      inviter_role: null,
      inviter_is_member: false,
      findings: [],
    });
  });

  it('can be of all there were, whose addresses are forgotten once they have ended', async () => {
    const answer = await page('?status=all');
    expect(named(answer)).toEqual(['backend', 'theirs', 'revoked', 'accepted', 'first']);
    expect(answer.invitations.map(({ status, email }) => [status, email])).toEqual([
      ['pending', 'backend@acme.test'],
      ['pending', 'theirs@acme.test'],
      ['revoked', null],
      ['accepted', null],
      ['pending', 'first@acme.test'],
    ]);
  });

  it('can be of those that one member sent, and comes in pages', async () => {
    expect(named(await page('?inviter=user_admin'))).toEqual(['first']);
    expect(named(await page('?inviter=user_admin&status=all'))).toEqual(['revoked', 'accepted', 'first']);
    expect(named(await page('?inviter=user_nobody'))).toEqual([]);
    for (const query of ['?status=all&limit=2', '?status=all&inviter=user_admin&limit=2']) {
      const everything = named(await page(query.replace('&limit=2', '')));
      const seen: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const one: Page = await page(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        expect(one.invitations.length).toBeLessThanOrEqual(2);
        seen.push(...named(one));
        cursor = one.next;
      }
      expect(seen).toEqual(everything);
    }
  });

  it('is without what the clock has ended, though nobody has said so', async () => {
    const id = ids['backend'] ?? '';
    await rolecall.sql`update rolecall.invitations set expires_at = ${Date.now() - 1} where id = ${id}`;
    expect(named(await page())).toEqual(['theirs', 'first']);
    const [backend] = (await page('?status=all')).invitations;
    expect(backend).toMatchObject({ id, status: 'expired', email: null, findings: [] });
    await rolecall.sql`update rolecall.invitations set expires_at = null where id = ${id}`;
    expect(named(await page())).toEqual(['backend', 'theirs', 'first']);
  });

  it('of one organization has nothing of another one in it', async () => {
    expect(named(await page('', 'org_other'))).toEqual(['elsewhere']);
    expect(named(await page('?inviter=user_agent', 'org_other'))).toEqual([]);
  });
});

describe('what is to be looked at', () => {
  it('is an invitation by somebody whom the active policy does not let invite into that role', async () => {
    expect((await page()).invitations.flatMap(({ findings }) => findings)).toEqual([]);
    await activate(rolecall, cstar);
    const found = (await page('?status=all')).invitations.map(({ findings }) => findings);
    expect(found).toEqual([[], ['inviter_may_not_invite'], [], [], []]);
  });

  it('is what a member who was removed has left behind, and their removal says how much that is', async () => {
    expect(await pendingOf('user_admin')).toMatchObject({ member: true, pending_invitations: 1 });
    await tell(() => rolecall.clerk.removeMember('org_acme', 'user_admin'));
    expect(await pendingOf('user_admin')).toMatchObject({ member: false, pending_invitations: 1 });
    const { invitations } = await page('?inviter=user_admin');
    expect(invitations).toMatchObject([
      { id: ids['first'], inviter_role: 'org:admin', inviter_is_member: false, findings: ['inviter_left'] },
    ]);
    await tell(() => rolecall.clerk.revokeInvitation(ids['first'] ?? ''));
    expect(await pendingOf('user_admin')).toMatchObject({ member: false, pending_invitations: 0 });
  });

  it('is nothing in an organization that was deleted', async () => {
    expect(await pendingOf('user_agent')).toMatchObject({ pending_invitations: 1 });
    await tell(() => rolecall.clerk.deleteOrganization('org_acme'));
    expect(await pendingOf('user_agent')).toMatchObject({ pending_invitations: 0 });
    expect(await page('?status=all')).toMatchObject({ invitations: [], next: null });
  });
});
