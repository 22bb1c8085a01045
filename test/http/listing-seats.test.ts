import { afterAll, beforeAll, expect, it } from 'vitest';
import clerkChat from '../../examples/clerk-chat/policy.ts';
import cstar from '../../examples/cstar/policy.ts';
import { anyNumber } from '../support/matchers.ts';
import { activate, teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall();
  tell = teller(rolecall);
  const { clerk } = rolecall;
  for (const key of ['org:workspace_owner', 'org:agent', 'org:owner', 'org:spectator'])
    clerk.defineRole(key, key, []);
  await tell();
});
afterAll(() => rolecall.stop());

let users = 0;
async function join(organization: string, ...roles: string[]): Promise<void> {
  const { clerk } = rolecall;
  await tell(() => {
    for (const role of roles) {
      users += 1;
      clerk.addMember(organization, clerk.createUser({ id: `user_${users}` }).id, role);
    }
  });
}

const seats = async (organization: string) =>
  (await rolecall.get(`/v1/organizations/${organization}/seats`)).json;

it('without a policy every member is a paid seat, and whoever left or is no member is none', async () => {
  rolecall.clerk.createOrganization({ id: 'org_plain' });
  await join('org_plain', 'org:admin', 'org:member', 'org:member', 'org:member');
  await tell(() => rolecall.clerk.removeMember('org_plain', `user_${users}`));
  expect(await seats('org_plain')).toEqual({
    total: 3,
    free: 0,
    paid: 3,
    by_role: { 'org:admin': { members: 1, paid: 1 }, 'org:member': { members: 2, paid: 2 } },
    revision: anyNumber,
  });
});

it('of Clerk Chat: one Admin is free from five seats on', async () => {
  await activate(rolecall, clerkChat);
  rolecall.clerk.createOrganization({ id: 'org_chat' });
  await join('org_chat', 'org:workspace_owner', 'org:admin', 'org:agent', 'org:agent');
  expect(await seats('org_chat')).toMatchObject({ total: 4, free: 0, paid: 4 });
  await join('org_chat', 'org:agent');
  expect(await seats('org_chat')).toEqual({
    total: 5,
    free: 1,
    paid: 4,
    by_role: {
      'org:admin': { members: 1, paid: 0 },
      'org:agent': { members: 3, paid: 3 },
      'org:workspace_owner': { members: 1, paid: 1 },
    },
    revision: anyNumber,
  });
  await join('org_chat', 'org:admin');
  expect(await seats('org_chat')).toMatchObject({
    total: 6,
    free: 1,
    paid: 5,
    by_role: { 'org:admin': { members: 2, paid: 1 } },
  });
});

it('of cStar: three Spectators are free, the fourth is paid for', async () => {
  await activate(rolecall, cstar);
  rolecall.clerk.createOrganization({ id: 'org_star' });
  await join('org_star', 'org:owner', 'org:spectator', 'org:spectator', 'org:spectator');
  expect(await seats('org_star')).toMatchObject({ total: 4, free: 3, paid: 1 });
  await join('org_star', 'org:spectator');
  expect(await seats('org_star')).toMatchObject({
    total: 5,
    free: 3,
    paid: 2,
    by_role: { 'org:owner': { members: 1, paid: 1 }, 'org:spectator': { members: 4, paid: 1 } },
  });
  // The organization next door counts for itself.
  expect(await seats('org_plain')).toMatchObject({ total: 3, free: 0 });
});
