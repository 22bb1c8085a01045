import type { RoleOf } from 'rolecall/policy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Journey, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import policy from './policy.ts';

const done = { status: 200, body: { done: true } };
const cutOff = { status: 401, body: { error: { code: 'token_cut_off' } } };
const missing = (permission: string) => ({ status: 403, body: { error: { code: 'forbidden', permission } } });

type Role = RoleOf<typeof policy>;
const [owner, admin, manager, agent, member] = [
  'org:workspace_owner',
  'org:admin',
  'org:manager',
  'org:agent',
  'org:member',
] as const;

let journey: Journey;
let workspaces = 0;
const newWorkspace = async (features: readonly string[] = []) => {
  workspaces += 1;
  const id = `org_workspace_${workspaces}`;
  await journey.happens((clerk) => clerk.createOrganization({ id, publicMetadata: { features } }));
  let people = 0;
  return {
    id,
    join: (role: Role) => {
      people += 1;
      return journey.join(id, `${workspaces}_${people}`, role);
    },
    switchOn: (...on: string[]) =>
      journey.happens((clerk) => clerk.updateOrganizationMetadata(id, { features: on })),
    ask: (token: string, request: string) => journey.ask(token, request.replace(' ', ` /${id}`)),
    read: async (what: string) => (await journey.read(`/v1/organizations/${id}/${what}`)).body,
  };
};

beforeAll(async () => {
  journey = await startJourney(policy, createApp);
  await journey.happens((clerk) => {
    for (const role of [owner, manager, agent]) clerk.defineRole(role, policy.roles[role].title, []);
  });
}, 60_000);
afterAll(() => journey?.stop());

describe('roles', () => {
  const everybody = [owner, manager, agent, member];
  const page: Readonly<Record<string, readonly [string, readonly Role[]]>> = {
    'billing:manage': ['PUT /billing', [owner, admin]],
    'workspace_settings:manage': ['PUT /settings', [owner, admin]],
    'feature_flags:manage': ['PUT /feature-flags/calls', [owner, admin]],
    'api_keys:manage': ['POST /api-keys', [owner]],
    'teammates:add': ['POST /teammates', [owner, admin, manager, agent]],
    'teammates:remove': ['DELETE /teammates/user_x', [owner, admin]],
    'teammates:change_roles': ['PUT /teammates/user_x/role', [owner, admin]],
    'public_inboxes:configure': ['PUT /inboxes/support', [owner, admin, manager]],
    'private_inboxes:configure': ['PUT /private-inboxes/board/assignees/user_x', [owner, admin, manager]],
    'messages:view': ['GET /inboxes/support/messages', everybody],
    'messages:send': ['POST /inboxes/support/messages', everybody],
    'messages:delete': ['DELETE /messages/m1', [owner]],
    'conversations:delete': ['DELETE /conversations/c1', [owner, admin, manager, agent]],
    'contacts:update': ['PUT /contacts/ada', everybody],
    'scheduled_messages:update': ['PUT /scheduled-messages/s1', everybody],
    'attributes:manage': ['PUT /attributes', [owner, admin, manager]],
    'opt_outs:view': ['GET /opt-outs', [...everybody, admin]],
    'opt_outs:manage': ['PUT /opt-outs', [owner, admin, manager]],
    'restricted_words:manage': ['PUT /restricted-words', [owner, admin]],
    'analytics:view': ['GET /analytics', [owner, admin, manager]],
    'inbox_logs:export': ['GET /inbox-logs', [owner, admin]],
  };

  test.each<[Role, string]>([
    [owner, 'has full access, and alone deletes single messages and makes API keys'],
    [admin, 'runs the workspace and cannot read or send messages'],
    [manager, 'leads inboxes, without billing, feature flags, logs, or changing teammates'],
    [agent, 'works in public inboxes, adds teammates, sets nothing up'],
    [member, 'works in public inboxes, invites nobody, deletes nothing'],
  ])('%s %s', async (role) => {
    const workspace = await newWorkspace();
    const token = journey.token(await workspace.join(role));
    await Promise.all(
      Object.entries(page).map(async ([permission, [request, roles]]) => {
        const expected = roles.includes(role) ? done : missing(permission);
        expect([request, await workspace.ask(token, request)]).toMatchObject([request, expected]);
      }),
    );
  });

  test('from Admin to Agent is a downgrade, although it gains messages', async () => {
    const workspace = await newWorkspace();
    const person = await workspace.join(admin);
    const before = journey.token(person);
    await journey.happens((clerk) => clerk.changeRole(workspace.id, person.id, agent));
    expect(await workspace.ask(before, 'PUT /billing')).toMatchObject(cutOff);
    expect(await workspace.ask(before, 'GET /inboxes/support/messages')).toMatchObject(cutOff);
    expect(journey.isSignedIn(person)).toBe(false);
    const after = journey.token(await journey.signIn(person));
    expect(await workspace.ask(after, 'GET /inboxes/support/messages')).toEqual(done);
    expect(await workspace.ask(after, 'PUT /billing')).toMatchObject(missing('billing:manage'));
  });
});

test('a private inbox is open to those assigned to it, and an Admin among them reads no message', async () => {
  const workspace = await newWorkspace();
  const people = {
    boss: await workspace.join(owner),
    lead: await workspace.join(manager),
    other: await workspace.join(manager),
    admin: await workspace.join(admin),
    helper: await workspace.join(agent),
  };
  const boss = journey.token(people.boss);
  for (const { id } of [people.lead, people.admin, people.helper]) {
    expect(await workspace.ask(boss, `PUT /private-inboxes/vip/assignees/${id}`)).toEqual(done);
  }
  const opens = async (name: keyof typeof people) => {
    const token = journey.token(people[name]);
    const requests = [
      'GET /private-inboxes/vip',
      'GET /private-inboxes/vip/messages',
      'POST /private-inboxes/vip/messages',
    ];
    const answers = await Promise.all(requests.map((request) => workspace.ask(token, request)));
    return answers.map(({ status }) => status);
  };
  expect(await opens('lead')).toEqual([200, 200, 200]);
  expect(await opens('admin')).toEqual([200, 403, 403]);
  for (const stranger of ['boss', 'other', 'helper'] as const) {
    expect(await opens(stranger)).toEqual([403, 403, 403]);
  }
});

describe('features', () => {
  test('agents update attributes while that is enabled; switched off, their tokens are refused', async () => {
    const workspace = await newWorkspace();
    const person = await workspace.join(agent);
    const token = journey.token(person);
    const update = 'PUT /contacts/ada/attributes';
    expect(await workspace.ask(token, update)).toMatchObject(missing('attributes:update'));
    await workspace.switchOn('agent_attributes');
    expect(await workspace.ask(token, update)).toEqual(done);
    await workspace.switchOn();
    expect(await workspace.ask(token, update)).toMatchObject(cutOff);
    expect(await workspace.ask(journey.token(person), update)).toMatchObject(missing('attributes:update'));
    expect(journey.isSignedIn(person)).toBe(true);
  });

  test('contacts are private, or the team’s', async () => {
    const workspace = await newWorkspace(['team_contacts']);
    const [ann, ben] = [await workspace.join(member), await workspace.join(agent)];
    const [annsToken, bensToken] = [journey.token(ann), journey.token(ben)];
    expect(await workspace.ask(annsToken, 'PUT /contacts/customer')).toEqual(done);
    expect(await workspace.ask(bensToken, 'GET /contacts/customer')).toEqual(done);
    await workspace.switchOn();
    expect(await workspace.ask(bensToken, 'GET /contacts/customer')).toMatchObject(cutOff);
    const contact = await workspace.ask(journey.token(ben), 'GET /contacts/customer');
    expect(contact).toMatchObject(missing('contacts:view'));
    expect(await workspace.ask(journey.token(ann), 'GET /contacts/customer')).toEqual(done);
  });
});

describe('teammates', () => {
  test('below five seats the admin is paid for, from five on one admin is free, and no second one', async () => {
    const workspace = await newWorkspace();
    for (const role of [admin, agent, agent, member]) await workspace.join(role);
    expect(await workspace.read('seats')).toMatchObject({ total: 4, free: 0, paid: 4 });
    await workspace.join(member);
    expect(await workspace.read('seats')).toMatchObject({ total: 5, free: 1, paid: 4 });
    await workspace.join(admin);
    expect(await workspace.read('seats')).toMatchObject({ total: 6, free: 1, paid: 5 });
  });

  test('Manager and Agent invite, up to their own role, and change and remove nobody', async () => {
    const workspace = await newWorkspace();
    const people = {
      [owner]: await workspace.join(owner),
      [admin]: await workspace.join(admin),
      [manager]: await workspace.join(manager),
      [agent]: await workspace.join(agent),
      [member]: await workspace.join(member),
    };
    const assignable = (actor: Role, target: Role) =>
      workspace.read(`assignable-roles?actor=${people[actor].id}&target=${people[target].id}`);
    const changesNobody = { change: [], remove: false };
    expect(await assignable(manager, agent)).toMatchObject({
      invite: [agent, manager, member],
      ...changesNobody,
    });
    expect(await assignable(agent, member)).toMatchObject({ invite: [agent, member], ...changesNobody });
    expect(await assignable(member, member)).toMatchObject({ invite: [], ...changesNobody });
    expect(await assignable(admin, owner)).toMatchObject(changesNobody);
    expect(await assignable(admin, agent)).toMatchObject({
      invite: [admin, agent, manager, member],
      change: [admin, manager, member],
      remove: true,
    });
  });

  test('an Agent who invites an Admin all the same is found out, and what they leave behind is listed', async () => {
    const workspace = await newWorkspace();
    const inviter = await workspace.join(agent);
    const invite = (role: Role) =>
      journey.happens((clerk) =>
        clerk.createInvitation(workspace.id, `${role.slice(4)}@example.com`, role, { inviterId: inviter.id }),
      );
    await invite(member);
    expect(await workspace.read('findings')).toMatchObject({ findings: [] });
    await invite(admin);
    expect(await workspace.read('findings')).toMatchObject({
      findings: [{ kind: 'inviter_may_not_invite', user: inviter.id, role: admin }],
    });

    await journey.happens((clerk) => clerk.removeMember(workspace.id, inviter.id));
    expect(await workspace.read(`invitations?inviter=${inviter.id}`)).toMatchObject({
      invitations: [
        { role: admin, status: 'pending', findings: ['inviter_may_not_invite', 'inviter_left'] },
        { role: member, status: 'pending', findings: ['inviter_left'] },
      ],
    });
  });
});
