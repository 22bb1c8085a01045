import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import policy from './policy.ts';

const done = { status: 200, body: { done: true } };
const cutOff = { status: 401, body: { error: 'token_cut_off' } };
const missing = (permission: string) => ({
  status: 403,
  body: { error: `Unauthorized: Missing ${permission} permission` },
});

let journey: Journey;
const ask = (token: string, request: string) => journey.ask(token, request.replace(' ', ' /org_acme/api'));
beforeAll(async () => {
  journey = await startJourney(policy, createApp);
  await journey.happens((clerk) => {
    const everyMembers = ['org:sys_memberships:read', 'org:sys_billing:read', 'org:control_hub:read'];
    const builders = ['org:manage_agents:create', 'org:manage_agents:update'];
    clerk.defineRole('org:guest', 'Guest', []);
    clerk.defineRole('org:agent_manager', 'Agent Manager', [...everyMembers, ...builders]);
    clerk.createOrganization({ id: 'org_acme' });
  });
}, 60_000);
afterAll(() => journey?.stop());

test('a guest who accepts an invitation chats, and sees nothing of the Control Hub', async () => {
  const { clerk } = journey;
  const invitation = await journey.happens(() => {
    clerk.createUser({ id: 'user_client' });
    return clerk.createInvitation('org_acme', 'client@example.com', 'org:guest');
  });
  await journey.happens(() => clerk.acceptInvitation(invitation.id, 'user_client'));
  const guest = await journey.signIn({ id: 'user_client', organization: 'org_acme' });
  const token = journey.token(guest);
  expect(await ask(token, 'POST /conversations/demo')).toEqual(done);
  expect(await ask(token, 'GET /dashboards/user_client')).toEqual(done);
  expect(await ask(token, 'GET /control-hub')).toEqual(missing('org:control_hub:read'));
});

test('a guest who is removed, in one click, loses access at once, and the session is over', async () => {
  const guest = await journey.join('org_acme', 'contractor', 'org:guest');
  const token = journey.token(guest);
  expect(await ask(token, 'POST /conversations/work')).toEqual(done);
  expect(await ask(token, 'GET /conversations/work')).toEqual(done);
  await journey.happens((clerk) => clerk.removeMember('org_acme', guest.id));
  expect(await ask(token, 'POST /conversations/more')).toEqual(missing('org:agents:chat'));
  expect(await ask(token, 'GET /conversations/work')).toEqual(missing('org:conversations:read'));
  expect(journey.isSignedIn(guest)).toBe(false);
});

test('a member who is downgraded to guest loses org:control_hub:read', async () => {
  const member = await journey.join('org_acme', 'external', 'org:member');
  const before = journey.token(member);
  expect(await ask(before, 'GET /control-hub')).toEqual(done);
  await journey.happens((clerk) => clerk.changeRole('org_acme', member.id, 'org:guest'));
  expect(await ask(before, 'GET /control-hub')).toEqual(cutOff);
  expect(journey.isSignedIn(member)).toBe(false);
  const after = journey.token(await journey.signIn(member));
  expect(await ask(after, 'GET /control-hub')).toEqual(missing('org:control_hub:read'));
  expect(await ask(after, 'POST /conversations/still-chatting')).toEqual(done);
});

test('a promotion is there in the same session, with the very same token', async () => {
  const member = await journey.join('org_acme', 'engineer', 'org:member');
  const token = journey.token(member);
  expect(await ask(token, 'POST /agents')).toEqual(missing('org:manage_agents:create'));
  await journey.happens((clerk) => clerk.changeRole('org_acme', member.id, 'org:agent_manager'));
  expect(await ask(token, 'POST /agents')).toEqual(done);
  expect(await ask(token, 'DELETE /agents/support')).toEqual(done);
  expect(journey.isSignedIn(member)).toBe(true);
});

test('a custom role made in the dashboard just works, and so does every change of it', async () => {
  await journey.happens((clerk) =>
    clerk.defineRole('org:user_manager', 'User Manager', ['org:control_hub:read', 'org:users:manage']),
  );
  const manager = await journey.join('org_acme', 'people_person', 'org:user_manager');
  const token = journey.token(manager);
  expect(await ask(token, 'GET /control-hub')).toEqual(done);
  expect(await ask(token, 'POST /users')).toEqual(done);
  expect(await ask(token, 'GET /analytics')).toEqual(missing('org:analytics:read'));

  const ticked = (...permissions: string[]) =>
    journey.happens((clerk) => clerk.changeRolePermissions('org:user_manager', permissions));
  await ticked('org:control_hub:read', 'org:users:manage', 'org:analytics:read');
  expect(await ask(token, 'GET /analytics')).toEqual(done);

  await ticked('org:control_hub:read', 'org:analytics:read');
  expect(await ask(token, 'POST /users')).toEqual(cutOff);
  const fresh = journey.token(manager);
  expect(await ask(fresh, 'POST /users')).toEqual(missing('org:users:manage'));
  expect(await ask(fresh, 'GET /analytics')).toEqual(done);
});

const routes = {
  'POST /agents': 'org:manage_agents:create',
  'PUT /agents/support': 'org:manage_agents:update',
  'DELETE /agents/support': 'org:manage_agents:update',
  'POST /model-providers': 'org:model_providers:manage',
  'POST /users': 'org:users:manage',
  'GET /analytics': 'org:analytics:read',
  'GET /user-activity': 'org:user_activity:read',
  'GET /admin': 'org:admin_dashboard:read',
  'GET /control-hub': 'org:control_hub:read',
};
test.each([
  { role: 'org:admin', open: Object.keys(routes) },
  { role: 'org:agent_manager', open: [...Object.keys(routes).slice(0, 3), 'GET /control-hub'] },
  { role: 'org:member', open: ['GET /control-hub'] },
  { role: 'org:guest', open: [] },
])('for $role the 403 names the permission that is missing', async ({ role, open }) => {
  const token = journey.token(await journey.join('org_acme', role.replace('org:', 'an_'), role));
  await Promise.all(
    Object.entries(routes).map(async ([request, permission]) => {
      const expected = open.includes(request) ? done : missing(permission);
      expect([request, await ask(token, request)]).toEqual([request, expected]);
    }),
  );
});

test('an API key of a removed member stops working, and so does the organization’s that they made', async () => {
  const builder = await journey.join('org_acme', 'builder', 'org:agent_manager');
  const own = journey.clerk.createApiKey(builder.id).secret;
  const shared = journey.clerk.createApiKey('org_acme', { createdBy: builder.id }).secret;
  for (const key of [own, shared]) expect(await ask(key, 'PUT /agents/support')).toEqual(done);
  await journey.happens((clerk) => clerk.removeMember('org_acme', builder.id));
  for (const key of [own, shared]) {
    expect(await ask(key, 'PUT /agents/support')).toEqual(missing('org:manage_agents:update'));
  }
});

test('everybody sees their own conversations and dashboard only', async () => {
  const ann = journey.token(await journey.join('org_acme', 'ann', 'org:guest'));
  const bea = journey.token(await journey.join('org_acme', 'bea', 'org:admin'));
  await ask(ann, 'POST /conversations/of-ann');
  await ask(bea, 'POST /conversations/of-bea');
  expect(await ask(ann, 'GET /conversations/of-ann')).toEqual(done);
  expect(await ask(bea, 'GET /conversations/of-bea')).toEqual(done);
  const others = missing('org:conversations:read');
  expect(await ask(ann, 'GET /conversations/of-bea')).toEqual(others);
  expect(await ask(bea, 'GET /conversations/of-ann')).toEqual(others);
  expect(await ask(ann, 'GET /dashboards/user_bea')).toEqual(missing('org:dashboard:read'));
});
