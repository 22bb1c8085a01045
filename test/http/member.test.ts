import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyNumber, anyText } from '../support/matchers.ts';
import { answerOf, READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const NAMED = 'named-secret:with:colons';
const LIMITED = 'limited-secret';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} app:${NAMED} tenant@org_acme:${LIMITED}` },
  });
  const { clerk } = rolecall;
  clerk.createUser({ id: 'user_jane' });
  clerk.createUser({ id: 'user_joe' });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.createOrganization({ id: 'org_other' });
  clerk.addMember('org_acme', 'user_jane', 'org:member');
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
});
afterAll(() => rolecall.stop());

const PATH = '/v1/organizations/org_acme/members/user_jane';
const askWith = async (authorization: string | undefined, path = PATH) =>
  answerOf(
    await fetch(`${rolecall.url}${path}`, authorization === undefined ? {} : { headers: { authorization } }),
  );
const tell = async (change: () => unknown) => {
  change();
  const event = rolecall.clerk.outbox.at(-1);
  await rolecall.post(event?.body ?? '');
};

describe('the answer about one user in one organization', () => {
  it('is, for a member, what is held and how', async () => {
    const { status, json } = await rolecall.get(PATH);
    expect(status).toBe(200);
    expect(json).toEqual({
      organization: 'org_acme',
      user: 'user_jane',
      member: true,
      role: 'org:member',
      roles: [{ role: 'org:member', scope: { type: 'organization', id: 'org_acme' } }],
      permissions: [{ permission: 'org:sys_billing:read' }, { permission: 'org:sys_memberships:read' }],
      cutoff: null,
      pending_invitations: 0,
      revision: anyNumber,
    });
  });

  it.each([
    ['a user who is no member', 'org_acme', 'user_joe'],
    ['a user of another organization', 'org_other', 'user_jane'],
    ['a user that nobody knows', 'org_acme', 'user_nobody'],
    ['an organization that nobody knows', 'org_nowhere', 'user_jane'],
  ])('is empty for %s', async (_, organization, user) => {
    expect((await rolecall.get(`/v1/organizations/${organization}/members/${user}`)).json).toEqual({
      organization,
      user,
      member: false,
      role: null,
      roles: [],
      permissions: [],
      cutoff: null,
      pending_invitations: 0,
      revision: anyNumber,
    });
  });

  it('is a member without a permission while the user is suspended', async () => {
    const { clerk } = rolecall;
    await tell(() => clerk.banUser('user_jane'));
    const suspended = await rolecall.member('org_acme', 'user_jane');
    expect(suspended).toMatchObject({ member: true, role: 'org:member', permissions: [] });
    expect(suspended.cutoff).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await tell(() => clerk.unbanUser('user_jane'));
    const back = await rolecall.member('org_acme', 'user_jane');
    expect(back.permissions).toHaveLength(2);
    // Lifting a ban gives access back, and no old token with it.
    expect(back.cutoff).toBe(suspended.cutoff);
    expect(back.revision).toBeGreaterThan(suspended.revision);
  });

  it('is a member without a permission while two roles claim the same moment', async () => {
    const { clerk } = rolecall;
    clerk.createUser({ id: 'user_torn' });
    clerk.addMember('org_acme', 'user_torn', 'org:member');
    const added = clerk.outbox.at(-1)?.body ?? '';
    await rolecall.post(added);
    const { timestamp } = JSON.parse(added) as { timestamp: number };
    clerk.changeRole('org_acme', 'user_torn', 'org:admin');
    const moved = clerk.outbox.at(-1);
    const torn = (moved?.body ?? '').replaceAll(String(moved?.at), String(timestamp));
    const { json, id } = await rolecall.post(torn);
    expect(json).toMatchObject({ outcome: 'held' });
    expect(await rolecall.effects(id)).toContainEqual({
      kind: 'lookup_member',
      organization_id: 'org_acme',
      user_id: 'user_torn',
    });
    expect(await rolecall.member('org_acme', 'user_torn')).toMatchObject({ member: true, permissions: [] });
  });

  it('is empty at once after a removal, and keeps the cutoff', async () => {
    const { clerk } = rolecall;
    clerk.createUser({ id: 'user_leaving' });
    await tell(() => clerk.addMember('org_acme', 'user_leaving', 'org:admin'));
    await tell(() => clerk.removeMember('org_acme', 'user_leaving'));
    const removedAt = clerk.outbox.at(-1)?.at ?? 0;
    expect((await rolecall.get('/v1/organizations/org_acme/members/user_leaving')).json).toEqual({
      organization: 'org_acme',
      user: 'user_leaving',
      member: false,
      role: null,
      roles: [],
      permissions: [],
      cutoff: new Date(removedAt).toISOString(),
      pending_invitations: 0,
      revision: anyNumber,
    });
  });
});

describe('the token of an app', () => {
  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and nothing', 'Bearer '],
    ['another scheme', `Basic ${btoa(`app:${READ_TOKEN}`)}`],
    ['the token alone', READ_TOKEN],
    ['a wrong one', 'Bearer wrong'],
    ['most of one', `Bearer ${READ_TOKEN.slice(0, -1)}`],
    ['one and more', `Bearer ${READ_TOKEN}x`],
    ['two', `Bearer ${READ_TOKEN} ${READ_TOKEN}`],
    ['two, joined', `Bearer ${READ_TOKEN}, Bearer ${READ_TOKEN}`],
    ['its name', 'Bearer app'],
    ['its name and secret', `Bearer app:${NAMED}`],
    ["an operator's", 'Bearer operator-CANARY'],
    ['a very long one', `Bearer ${'x'.repeat(8_000)}`],
    ['one in quotes', `Bearer "${READ_TOKEN}"`],
  ])('is refused: %s', async (_, authorization) => {
    const { status, json, headers } = await askWith(authorization);
    expect(status).toBe(401);
    expect(json).toEqual({ error: { code: 'unauthenticated', message: anyText } });
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is not looked for in the query', async () => {
    expect((await askWith(undefined, `${PATH}?access_token=${READ_TOKEN}&token=${READ_TOKEN}`)).status).toBe(
      401,
    );
  });

  it('is refused before the ids are looked at, which tells strangers nothing', async () => {
    expect((await askWith('Bearer wrong', '/v1/organizations/%00/members/%00')).status).toBe(401);
  });

  it('may have a name, and a secret with colons', async () => {
    expect((await askWith(`Bearer ${NAMED}`)).status).toBe(200);
    expect((await askWith(`bearer ${NAMED}`)).status).toBe(200);
  });

  it('of one organization reads that organization and no other', async () => {
    expect((await askWith(`Bearer ${LIMITED}`)).status).toBe(200);
    for (const other of ['org_other', 'org_nowhere', 'org_acme2', 'ORG_ACME']) {
      const { status, json } = await askWith(
        `Bearer ${LIMITED}`,
        `/v1/organizations/${other}/members/user_jane`,
      );
      expect(status, other).toBe(403);
      expect(json).toMatchObject({ error: { code: 'forbidden' } });
    }
  });
});
