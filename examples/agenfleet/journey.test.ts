import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Journey, type Person, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import policy from './policy.ts';

const done = { status: 200, body: { done: true } };
const cutOff = { status: 401, body: { error: { code: 'token_cut_off' } } };
const missing = (permission: string) => ({ status: 403, body: { error: { code: 'forbidden', permission } } });
const refused = (reason: string) => ({ status: 403, body: { error: reason } });

/** What each permission opens. */
const portal: Readonly<Record<string, string>> = {
  'agents:view': 'GET /org_acme/agents',
  'agents:create': 'POST /org_acme/agents',
  'agents:edit': 'PUT /org_acme/agents/helper',
  'agents:delete': 'DELETE /org_acme/agents/helper',
  'sessions:view': 'GET /org_acme/sessions/of-nobody',
  'sessions:start': 'POST /org_acme/sessions/begun',
  'sessions:delete': 'DELETE /org_acme/sessions/begun',
  'fleet_status:view': 'GET /org_acme/fleet-status',
  'cron_history:view': 'GET /org_acme/cron-history',
  'cron_jobs:configure': 'PUT /org_acme/cron-jobs/nightly',
  'cron_jobs:delete': 'DELETE /org_acme/cron-jobs/nightly',
  'integrations:manage': 'PUT /org_acme/integrations/mail',
  'integrations:delete': 'DELETE /org_acme/integrations/mail',
  'notifications:configure': 'PUT /org_acme/notifications',
  'audit_logs:view': 'GET /org_acme/audit-logs',
  'audit_logs:export': 'GET /org_acme/audit-logs/export',
  'billing:manage': 'GET /org_acme/billing',
  'team:manage': 'POST /org_acme/team',
  'settings:manage': 'PUT /org_acme/settings',
};

const secret = 'runtime-secret';
const tools = (...allowed: string[]) => ({ agents: { helper: { tools: { allowed } } } });

let journey: Journey;
const ask = (token: string, request: string) => journey.ask(token, request);
/** The agent, as its runtime asks for it: by itself, or for a user. */
const use = (tool: string, user?: string) =>
  ask(secret, `POST /org_acme/runtime/helper/${tool}${user === undefined ? '' : `?for=${user}`}`);

beforeAll(async () => {
  journey = await startJourney(policy, (guard, client) => createApp(guard, client, secret));
  await journey.happens((clerk) => {
    clerk.defineRole('org:manager', 'Manager', []);
    clerk.defineRole('org:viewer', 'Viewer', []);
    clerk.createOrganization({
      id: 'org_acme',
      publicMetadata: tools('web_search', 'memory_search', 'send_message'),
    });
    clerk.createOrganization({ id: 'org_globex' });
  });
}, 60_000);
afterAll(() => journey?.stop());

describe('portal users', () => {
  const everything = Object.keys(policy.permissions);
  const views = ['agents:view', 'fleet_status:view', 'cron_history:view'];
  const managers = [
    'agents:create',
    'agents:edit',
    'sessions:start',
    'cron_jobs:configure',
    'integrations:manage',
  ];

  test.each([
    { title: 'a viewer changes nothing', role: 'org:viewer', open: views },
    {
      title: 'a manager deletes nothing and has no billing',
      role: 'org:manager',
      open: [...views, ...managers],
    },
    { title: 'an admin has full access', role: 'org:admin', open: everything },
  ])('$title', async ({ role, open }) => {
    expect(Object.keys(portal)).toEqual(everything);
    const token = journey.token(await journey.join('org_acme', role.replace('org:', 'a_'), role));
    await Promise.all(
      Object.entries(portal).map(async ([permission, request]) => {
        const expected = open.includes(permission) ? done : missing(permission);
        expect([request, await ask(token, request)]).toMatchObject([request, expected]);
      }),
    );
  });

  test('members see only the sessions they began, an admin sees all', async () => {
    const ann = journey.token(await journey.join('org_acme', 'ann', 'org:manager'));
    const ben = journey.token(await journey.join('org_acme', 'ben', 'org:manager'));
    const eve = journey.token(await journey.join('org_acme', 'eve', 'org:viewer'));
    const boss = journey.token(await journey.join('org_acme', 'boss', 'org:admin'));
    expect(await ask(ann, 'POST /org_acme/sessions/of-ann')).toEqual(done);
    expect(await ask(ann, 'GET /org_acme/sessions/of-ann')).toEqual(done);
    expect(await ask(boss, 'GET /org_acme/sessions/of-ann')).toEqual(done);
    for (const other of [ben, eve]) {
      expect(await ask(other, 'GET /org_acme/sessions/of-ann')).toMatchObject(missing('sessions:view'));
    }
  });

  test('what a member of another tenant shows, even a token for this one, reads nothing here', async () => {
    const { clerk } = journey;
    const spy = await journey.join('org_globex', 'spy', 'org:admin');
    const theirs = journey.token(spy);
    const forThisOne = clerk.mintToken({
      sessionId: spy.session,
      overrides: { o: { id: 'org_acme', slg: 'org-acme', rol: 'admin' } },
    });
    expect(await ask(theirs, 'GET /org_globex/agents')).toEqual(done);
    await Promise.all(
      Object.entries(portal).map(async ([permission, request]) => {
        expect(await ask(theirs, request)).toMatchObject(missing(permission));
        expect(await ask(forThisOne, request)).toMatchObject(missing(permission));
      }),
    );
  });

  test('somebody in two tenants is in one of them at a time', async () => {
    const both = await journey.join('org_acme', 'consultant', 'org:manager');
    await journey.happens((clerk) => clerk.addMember('org_globex', both.id, 'org:viewer'));
    const token = journey.token(both);
    expect(await ask(token, 'POST /org_acme/agents')).toEqual(done);
    expect(await ask(token, 'GET /org_globex/agents')).toMatchObject(missing('agents:view'));
  });
});

describe('agents', () => {
  test('an agent uses the tools on its list and no other, whatever it was talked into', async () => {
    expect(await use('web_search')).toEqual(done);
    for (const tool of ['http_request', 'run_script', 'no_such_tool']) {
      expect(await use(tool)).toEqual(refused('missing_permission'));
    }
    const unknown = await ask(secret, 'POST /org_globex/runtime/helper/web_search');
    expect(unknown).toEqual(refused('not_an_agent'));
  });

  test('for a user it uses only what that user may use too', async () => {
    const manager = await journey.join('org_acme', 'fred', 'org:manager');
    const viewer = await journey.join('org_acme', 'gina', 'org:viewer');
    expect(await use('web_search', manager.id)).toEqual(done);
    expect(await use('http_request', manager.id)).toEqual(refused('missing_permission'));
    expect(await use('web_search', viewer.id)).toEqual(refused('missing_permission'));
  });

  test('it stops with the user it acts for', async () => {
    const user = await journey.join('org_acme', 'hans', 'org:manager');
    expect(await use('send_message', user.id)).toEqual(done);
    await journey.happens((clerk) => clerk.removeMember('org_acme', user.id));
    expect(await use('send_message', user.id)).toEqual(refused('not_a_member'));
  });

  test('a tool that is taken off its list is gone at once', async () => {
    const listed = (metadata: object) =>
      journey.happens((clerk) => clerk.updateOrganizationMetadata('org_acme', { ...metadata }));
    expect(await use('memory_search')).toEqual(done);
    await listed(tools('web_search', 'send_message'));
    expect(await use('memory_search')).toEqual(refused('missing_permission'));
    expect(await use('web_search')).toEqual(done);
    await listed({ agents: 'not a list of agents' });
    expect(await use('web_search')).toEqual(refused('not_an_agent'));
    await listed(tools('web_search', 'memory_search', 'send_message'));
    expect(await use('memory_search')).toEqual(done);
  });
});

describe('a token ends', () => {
  const agents = 'GET /org_acme/agents';
  let user: Person;
  let token: string;
  const userCalled = async (name: string) => {
    user = await journey.join('org_acme', name, 'org:manager');
    token = journey.token(user);
    expect(await ask(token, agents)).toEqual(done);
  };

  test('when a role changes to one that may less, and the user signs in again', async () => {
    await userCalled('ivan');
    await journey.happens((clerk) => clerk.changeRole('org_acme', user.id, 'org:viewer'));
    expect(await ask(token, agents)).toMatchObject(cutOff);
    expect(journey.isSignedIn(user)).toBe(false);
    const fresh = journey.token(await journey.signIn(user));
    expect(await ask(fresh, agents)).toEqual(done);
    expect(await ask(fresh, 'POST /org_acme/agents')).toMatchObject(missing('agents:create'));
  });

  test('when the password changes, and a fresh one of the same session goes on', async () => {
    await userCalled('jane');
    await journey.happens((clerk) => clerk.changePassword(user.id));
    expect(await ask(token, agents)).toMatchObject(cutOff);
    expect(await ask(journey.token(user), agents)).toEqual(done);
  });

  test('at the logout', async () => {
    await userCalled('karl');
    await journey.happens((clerk) => clerk.endSession(user.session));
    expect(await ask(token, agents)).toMatchObject(cutOff);
  });

  test('when the account is deleted', async () => {
    await userCalled('lena');
    await journey.happens((clerk) => clerk.deleteUser(user.id));
    expect(await ask(token, agents)).toMatchObject(missing('agents:view'));
  });
});
