import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import { createClient } from '../../src/sdk/index.ts';
import {
  clientOfFeed,
  type FakeFeed,
  fakeFeed,
  member,
  NOW,
  type Opened,
  open,
  role,
  told,
} from './support/fake-feed.ts';
import { TOKEN } from './support/fake-rolecall.ts';

const opened: Opened[] = [];
afterEach(() => {
  for (const { snapshot } of opened.splice(0)) snapshot.close();
});

/** A copy that is current, and connected. */
async function ready(feed: FakeFeed, options: Parameters<typeof open>[1] = {}): Promise<Opened> {
  const one = open(feed, options);
  opened.push(one);
  await one.snapshot.ready;
  await connected(feed);
  return one;
}

const connected = (feed: FakeFeed, streams = 1) =>
  vi
    .waitFor(() => expect(feed.streams.filter((stream) => stream.isOpen)).toHaveLength(1))
    .then(() => expect(feed.streams.length).toBeGreaterThanOrEqual(streams));

/** When the copy has taken in the revision. */
const at = ({ snapshot }: Opened, revision: number) => expect.poll(() => snapshot.revision).toBe(revision);

const company = () =>
  fakeFeed([
    role('org:admin', ['invoices:read', 'invoices:write']),
    role('org:member', ['invoices:read', { permission: 'notes:write', only: 'own' }]),
    role('EDITOR', ['dags:push', { permission: 'dags:pause', only: 'assigned' }], { scope: 'workspace' }),
    { kind: 'organization', organization: 'org_acme', features: ['beta'], agents: { bot: ['tool:search'] } },
    member('user_ada', 'org:admin'),
    member('user_bob', 'org:member', {
      roles: [{ role: 'EDITOR', scope: { type: 'workspace', id: 'ws_1' } }],
    }),
  ]);

const read = ({ snapshot }: Opened, user = 'user_ada') => snapshot.can(user, 'org_acme', 'invoices:read');

describe('asked as the client is', () => {
  const question = { user: 'user_bob', organization: 'org_acme', permission: 'invoices:write' };

  it('a copy gives the same decision, with its reason', async () => {
    const { snapshot } = await ready(company());
    expect(await snapshot.check({ ...question, permission: 'invoices:read' })).toEqual({ allowed: true });
    expect(await snapshot.check(question)).toEqual({ allowed: false, reason: 'missing_permission' });
    expect(await snapshot.check({ ...question, user: 'user_eve' })).toEqual({
      allowed: false,
      reason: 'not_a_member',
    });
    const scope = { type: 'workspace', id: 'ws_1' };
    expect(await snapshot.check({ ...question, permission: 'dags:push', scope })).toEqual({ allowed: true });
    const agent = { organization: 'org_acme', permission: 'tool:search', agent: 'bot' };
    expect(await snapshot.check(agent)).toEqual({ allowed: true });
    expect(await snapshot.check({ ...agent, actingFor: 'user_eve' })).toEqual({
      allowed: false,
      reason: 'not_a_member',
    });
  });

  it('it says that it cannot tell, instead of no, where it is not current or has not come so far', async () => {
    const { snapshot } = await ready(company());
    const atLeastRevision = (snapshot.revision ?? 0) + 1;
    await expect(snapshot.check({ ...question, atLeastRevision })).rejects.toMatchObject({ code: 'not_yet' });
    snapshot.close();
    await expect(snapshot.check(question)).rejects.toMatchObject({ code: 'stale' });
  });

  it('it refuses a question with a hole in it', async () => {
    const { snapshot } = await ready(company());
    const holed = { ...question, scope: undefined };
    await expect(snapshot.check(holed)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('a local copy', () => {
  it('answers for users, here and in resources, by owner and by assignment', async () => {
    const { snapshot } = await ready(company());
    const bob = (permission: string, about = {}) => snapshot.can('user_bob', 'org_acme', permission, about);
    const scope = { type: 'workspace', id: 'ws_1' };
    expect(bob('invoices:read')).toBe(true);
    expect(bob('invoices:write')).toBe(false);
    expect(bob('notes:write')).toBe(false);
    expect(bob('notes:write', { owner: 'user_bob' })).toBe(true);
    expect(bob('notes:write', { owner: 'user_ada' })).toBe(false);
    expect(bob('dags:push')).toBe(false);
    expect(bob('dags:push', { scope })).toBe(true);
    expect(bob('dags:push', { scope: { ...scope, id: 'ws_2' } })).toBe(false);
    expect(bob('dags:push', { scope: { ...scope, type: 'folder' } })).toBe(false);
    expect(bob('dags:pause', { scope, assignees: ['user_bob'] })).toBe(true);
    expect(bob('dags:pause', { scope, assignees: ['user_ada'] })).toBe(false);
    // Organization roles reach into workspaces here.
    expect(bob('invoices:read', { scope: { ...scope, id: 'ws_2' } })).toBe(true);
    expect(bob('invoices:read', { scope: { type: 'organization', id: 'org_acme' } })).toBe(true);
    expect(bob('invoices:read', { scope: { type: 'organization', id: 'org_other' } })).toBe(false);
  });

  it('answers no for whoever and whatever it does not know', async () => {
    const { snapshot } = await ready(company());
    expect(snapshot.can('user_cyd', 'org_acme', 'invoices:read')).toBe(false);
    expect(snapshot.can('user_ada', 'org_other', 'invoices:read')).toBe(false);
    expect(snapshot.can('user_ada', 'org_acme', 'invoices:burn')).toBe(false);
    for (const odd of ['', '__proto__', 'constructor', 'org_acme/user_ada', '*']) {
      expect(snapshot.can(odd, 'org_acme', 'invoices:read')).toBe(false);
      expect(snapshot.can('user_ada', odd, 'invoices:read')).toBe(false);
      expect(snapshot.can('user_ada', 'org_acme', odd)).toBe(false);
    }
  });

  it('answers no where a part of the question is there and undefined', async () => {
    const { snapshot } = await ready(company());
    const ada = (about: object) => snapshot.can('user_ada', 'org_acme', 'invoices:read', about);
    expect(ada({})).toBe(true);
    expect(ada({ owner: undefined, assignees: undefined })).toBe(true);
    expect(ada({ scope: undefined })).toBe(false);
    expect(ada({ scope: { type: 'workspace', id: '' } })).toBe(false);
    expect(ada({ scope: { type: 'workspace', id: '*' } })).toBe(false);
    expect(ada({ token: undefined })).toBe(false);
    expect(snapshot.can({ agent: 'bot', actingFor: undefined }, 'org_acme', 'tool:search')).toBe(false);
  });

  it('answers no, and never throws, whatever it is asked where nothing compiles the question', async () => {
    const { snapshot } = await ready(company());
    const asked: readonly (readonly unknown[])[] = [
      [],
      [null, 'org_acme', 'invoices:read'],
      [5, 'org_acme', 'invoices:read'],
      [Symbol('user_ada'), 'org_acme', 'invoices:read'],
      ['user_ada', null, 'invoices:read'],
      ['user_ada', 'org_acme', {}],
      ['user_ada', 'org_acme', 'invoices:read', null],
      ['user_ada', 'org_acme', 'invoices:read', 'user_ada'],
      ['user_bob', 'org_acme', 'dags:pause', { scope: { type: 'workspace', id: 'ws_1' }, assignees: null }],
      [
        'user_bob',
        'org_acme',
        'dags:pause',
        { scope: { type: 'workspace', id: 'ws_1' }, assignees: 'user_bob' },
      ],
      ['user_ada', 'org_acme', 'invoices:read', { token: 'a.b.c' }],
    ];
    for (const question of asked) expect(Reflect.apply(snapshot.can, snapshot, question)).toBe(false);
  });

  it('answers for agents, and for those who act for a user only what both may', async () => {
    const feed = company();
    feed.lines.push(role('org:searcher', ['tool:search', 'tool:draw']), member('user_cyd', 'org:searcher'));
    const { snapshot } = await ready(feed);
    const search = (subject: { agent: string; actingFor?: string }, permission = 'tool:search') =>
      snapshot.can(subject, 'org_acme', permission);
    expect(search({ agent: 'bot' })).toBe(true);
    expect(search({ agent: 'bot' }, 'tool:draw')).toBe(false);
    expect(search({ agent: 'other' })).toBe(false);
    expect(search({ agent: 'bot', actingFor: 'user_cyd' })).toBe(true);
    expect(search({ agent: 'bot', actingFor: 'user_cyd' }, 'tool:draw')).toBe(false);
    expect(search({ agent: 'bot', actingFor: 'user_ada' })).toBe(false);
    expect(search({ agent: 'bot', actingFor: 'user_nobody' })).toBe(false);
    const within = (type: string, id: string) =>
      snapshot.can({ agent: 'bot' }, 'org_acme', 'tool:search', { scope: { type, id } });
    expect(within('organization', 'org_acme')).toBe(true);
    expect(within('organization', 'org_other')).toBe(false);
    expect(within('workspace', 'ws_1')).toBe(false);
  });

  it('says what it contains and how far it is behind', async () => {
    const { snapshot, clock, feed } = await ready(company());
    expect(snapshot).toMatchObject({ revision: 7, epoch: 'epoch-1' });
    expect(snapshot.lag()).toBe(0);
    clock.pass(1_200);
    expect(snapshot.lag()).toBe(1_200);
    feed.heartbeat();
    await expect.poll(() => snapshot.lag()).toBe(0);
  });

  it('is typed by the policy', () => {
    const client = createClient<typeof astro>({ url: 'http://rolecall.test', token: TOKEN });
    type Permission = Parameters<ReturnType<typeof client.snapshot>['can']>[2];
    expectTypeOf<'dags:view'>().toExtend<Permission>();
    expectTypeOf<'dags:veiw'>().not.toExtend<Permission>();
  });

  it('is a client’s, and refuses bounds that are none', async () => {
    const client = clientOfFeed(company());
    for (const maxLagMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => client.snapshot({ maxLagMs })).toThrow(RangeError);
    }
    const snapshot = client.snapshot();
    await snapshot.ready;
    expect(snapshot.can('user_ada', 'org_acme', 'invoices:write')).toBe(true);
    snapshot.close();
    expect(snapshot.can('user_ada', 'org_acme', 'invoices:write')).toBe(false);
    expect(snapshot.lag()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a change', () => {
  it('takes somebody’s access away as soon as it is heard of', async () => {
    const one = await ready(company());
    const heard: unknown[] = [];
    one.snapshot.onChange((change) => heard.push(change));
    await at(one, one.feed.push(told('removed', 'user_ada', null, [])));
    expect(read(one)).toBe(false);
    expect(heard).toEqual([{ kind: 'removed', revision: 8, organization: 'org_acme', user: 'user_ada' }]);
  });

  it('of a role reaches all who hold it, and a member who is told to hold just that holds the role', async () => {
    const one = await ready(company());
    one.feed.push(
      told('granted', 'user_cyd', 'org:admin', ['invoices:read', 'invoices:write'], {
        permissions: ['invoices:read', 'invoices:write'].flatMap((permission) => [
          { permission },
          { permission, scope: { type: 'workspace', id: '*' } },
        ]),
      }),
    );
    const changed = {
      kind: 'role_changed',
      role: 'org:admin',
      permissions: [{ permission: 'invoices:pay' }],
    };
    await at(one, one.feed.push(changed));
    for (const user of ['user_ada', 'user_cyd']) {
      expect(one.snapshot.can(user, 'org_acme', 'invoices:pay')).toBe(true);
      expect(read(one, user)).toBe(false);
    }
    expect(read(one, 'user_bob')).toBe(true);
    expect(one.problems).toEqual([]);
  });

  it('of features turns on and off what hangs on them', async () => {
    const feed = company();
    const [permission, only] = ['labs:use', undefined];
    feed.lines.push(
      role('org:labs', [], { featured: { labs: [{ permission, only }] } }),
      member('user_cyd', 'org:labs'),
    );
    const one = await ready(feed);
    const labs = () => one.snapshot.can('user_cyd', 'org_acme', 'labs:use');
    expect(labs()).toBe(false);
    await at(one, feed.push({ kind: 'features_changed', organization: 'org_acme', features: ['labs'] }));
    expect(labs()).toBe(true);
    await at(one, feed.push({ kind: 'features_changed', organization: 'org_acme', features: [] }));
    expect(labs()).toBe(false);
  });

  it('of an agent gives it other tools, or none', async () => {
    const one = await ready(company());
    const changed = { kind: 'agent_changed', organization: 'org_acme', agent: 'bot' };
    const tool = (name: string) => one.snapshot.can({ agent: 'bot' }, 'org_acme', name);
    await at(one, one.feed.push({ ...changed, permissions: [{ permission: 'tool:draw' }] }));
    expect([tool('tool:search'), tool('tool:draw')]).toEqual([false, true]);
    await at(one, one.feed.push({ ...changed, permissions: [] }));
    expect([tool('tool:search'), tool('tool:draw')]).toEqual([false, false]);
  });

  it('suspends a user everywhere until it is lifted, and deletes one for good', async () => {
    const one = await ready(company());
    await at(one, one.feed.push({ kind: 'suspended', user: 'user_ada' }));
    expect(read(one)).toBe(false);
    await at(one, one.feed.push({ kind: 'restored', user: 'user_ada' }));
    expect(read(one)).toBe(true);
    await at(one, one.feed.push({ kind: 'user_deleted', user: 'user_ada' }));
    await at(one, one.feed.push({ kind: 'restored', user: 'user_ada' }));
    await at(one, one.feed.push(told('granted', 'user_ada', 'org:admin', ['invoices:read'])));
    expect(read(one)).toBe(false);
  });

  it('ends an organization for good', async () => {
    const one = await ready(company());
    await at(one, one.feed.push({ kind: 'organization_deleted', organization: 'org_acme' }));
    await at(one, one.feed.push(told('granted', 'user_ada', 'org:admin', ['invoices:read'])));
    expect(read(one)).toBe(false);
    expect(one.snapshot.can({ agent: 'bot' }, 'org_acme', 'tool:search')).toBe(false);
  });

  it('that waits for the provider’s word takes away at once and gives nothing, whatever becomes of the roles', async () => {
    const one = await ready(company());
    const { feed, snapshot } = one;
    const ada = (permission: string, about = {}) => snapshot.can('user_ada', 'org_acme', permission, about);
    const waiting = { waiting: [{ role: 'org:member', roles: [] }] };
    await at(one, feed.push(told('reduced', 'user_ada', 'org:admin', ['invoices:read'], waiting)));
    expect([ada('invoices:read'), ada('invoices:write')]).toEqual([true, false]);
    // What one grants outright and the other under a condition is under no condition held by both.
    const own = [{ permission: 'notes:write' }, { permission: 'invoices:write', only: 'own' }];
    await at(one, feed.push({ kind: 'role_changed', role: 'org:admin', permissions: own }));
    expect(ada('invoices:read')).toBe(false);
    expect(ada('notes:write', { owner: 'user_ada' })).toBe(false);
    const all = [{ permission: 'invoices:write' }];
    await at(one, feed.push({ kind: 'role_changed', role: 'org:member', permissions: all }));
    expect(ada('invoices:write', { owner: 'user_ada' })).toBe(true);
    expect(ada('invoices:write')).toBe(false);
    await at(one, feed.push(told('withheld', 'user_ada', 'org:admin', [], { contested: true })));
    expect(ada('invoices:write', { owner: 'user_ada' })).toBe(false);
    expect(one.problems).toEqual([]);
  });

  it('to another policy is answered with no until there is a new copy', async () => {
    const one = await ready(company());
    let during: boolean | null = null;
    one.feed.instead('/v1/snapshot', () => {
      during = read(one);
      return new Response(one.feed.snapshotText());
    });
    await at(one, one.feed.push({ kind: 'policy_changed' }));
    await expect.poll(() => read(one)).toBe(true);
    expect(during).toBe(false);
    expect(one.problems).toEqual(['policy_changed']);
  });

  it('to a policy with other resources is answered with no for these, and goes on for everything else', async () => {
    const one = await ready(company());
    const { feed } = one;
    const here = () => [read(one), one.snapshot.can('user_ada', 'org_acme', 'invoices:write')];
    const there = () =>
      one.snapshot.can('user_ada', 'org_acme', 'invoices:read', { scope: { type: 'workspace', id: 'ws_1' } });
    let open = (): void => undefined;
    const opens = new Promise<void>((resolve) => {
      open = resolve;
    });
    feed.instead('/v1/snapshot', async () => {
      await opens;
      return new Response(feed.snapshotText());
    });
    const old = feed.lines;
    feed.push({ kind: 'policy_changed', unsure: 'resources' });
    const changed = {
      kind: 'role_changed',
      role: 'org:admin',
      permissions: [{ permission: 'invoices:read' }],
    };
    await at(one, feed.push(changed));
    expect([...here(), there()]).toEqual([true, false, false]);
    feed.lines = [role('org:admin', ['invoices:read']), ...old.slice(1)];
    open();
    await expect.poll(() => there()).toBe(true);
    expect(here()).toEqual([true, false]);
    await connected(feed);
    await at(one, feed.push(told('removed', 'user_ada', null, [])));
    expect([...here(), there()]).toEqual([false, false, false]);
    expect(one.problems).toEqual([]);
  });

  it('is told to no listener that has gone, and a listener that fails stops nothing', async () => {
    const one = await ready(company());
    const heard = vi.fn();
    const failing = vi.fn(() => {
      throw new Error('an app’s mistake');
    });
    one.snapshot.onChange(heard)();
    const stop = one.snapshot.onChange(failing);
    await at(one, one.feed.push({ kind: 'password_changed', user: 'user_ada' }));
    expect(one.problems).toEqual(['listener_failed']);
    stop();
    await at(one, one.feed.push({ kind: 'password_changed', user: 'user_ada' }));
    expect(failing).toHaveBeenCalledTimes(1);
    expect(heard).not.toHaveBeenCalled();
  });
});

describe('a token', () => {
  const second = Math.floor(NOW / 1_000);
  const iso = (seconds: number) => new Date((second + seconds) * 1_000 + 400).toISOString();
  const ada = ({ snapshot }: Opened, issued: number, sessionId = 'sess_1') =>
    snapshot.can('user_ada', 'org_acme', 'invoices:read', {
      token: { sessionId, issuedAt: second + issued },
    });

  it.each([
    ['the member', { of: 'member', id: 'org_acme/user_ada' }],
    ['the user', { of: 'user', id: 'user_ada' }],
    ['the role', { of: 'role', id: 'org:admin' }],
    ['the organization', { of: 'organization', id: 'org_acme' }],
  ])('issued at or before a cutoff of %s is refused, and a cutoff is never lowered', async (_, cut) => {
    const one = await ready(company());
    expect(ada(one, -20)).toBe(true);
    await at(
      one,
      one.feed.push({ kind: 'password_changed', user: 'user_x', cutoff: { ...cut, at: iso(-20) } }),
    );
    await at(
      one,
      one.feed.push({ kind: 'password_changed', user: 'user_x', cutoff: { ...cut, at: iso(-40) } }),
    );
    expect([ada(one, -21), ada(one, -20), ada(one, -19)]).toEqual([false, false, true]);
    expect(read(one)).toBe(true);
  });

  it('of a session that ended is refused', async () => {
    const feed = company();
    feed.lines.push({ kind: 'session', session: 'sess_0', user: 'user_ada', ended: true });
    const one = await ready(feed);
    await at(
      one,
      feed.push({
        kind: 'session_ended',
        user: 'user_ada',
        cutoff: { of: 'session', id: 'sess_1', at: iso(-100) },
      }),
    );
    expect([ada(one, 0, 'sess_0'), ada(one, 0), ada(one, 0, 'sess_2')]).toEqual([false, false, true]);
  });

  it('is refused by the cutoffs that the snapshot tells', async () => {
    const feed = company();
    feed.lines.push(
      { kind: 'user', user: 'user_bob', cutoff: iso(-10) },
      { kind: 'user', user: 'user_cyd', suspended: true, cutoff: null },
      member('user_cyd', 'org:member'),
      member('user_dee', 'org:member', { cutoff: iso(-10) }),
      role('org:late', ['invoices:read'], { cutoff: iso(-10) }),
      member('user_eve', 'org:late'),
      { kind: 'former_member', organization: 'org_acme', user: 'user_fay', cutoff: iso(-10) },
    );
    const one = await ready(feed);
    const may = (user: string, issued: number) =>
      one.snapshot.can(user, 'org_acme', 'invoices:read', {
        token: { sessionId: 'sess_1', issuedAt: second + issued },
      });
    for (const user of ['user_bob', 'user_dee', 'user_eve']) {
      expect([user, may(user, -10), may(user, -9)]).toEqual([user, false, true]);
    }
    expect(may('user_cyd', 0)).toBe(false);
    expect(may('user_fay', 0)).toBe(false);
    await at(one, feed.push(told('granted', 'user_fay', 'org:member', ['invoices:read'])));
    expect([may('user_fay', -10), may('user_fay', -9)]).toEqual([false, true]);
  });

  it('is refused by a cutoff of a role that its holder has left', async () => {
    const one = await ready(company());
    const cutoff = { of: 'role', id: 'org:admin', at: iso(-5) };
    one.feed.push({
      kind: 'role_changed',
      role: 'org:admin',
      permissions: [{ permission: 'invoices:read' }],
      cutoff,
    });
    await at(one, one.feed.push(told('granted', 'user_ada', 'org:member', ['invoices:read'])));
    expect([ada(one, -5), ada(one, -4)]).toEqual([false, true]);
  });

  it('is refused if it is older than any that lives, from the future, or none', async () => {
    const one = await ready(company());
    expect([ada(one, -360), ada(one, -361), ada(one, 60), ada(one, 61)]).toEqual([true, false, true, false]);
    expect([ada(one, Number.NaN), ada(one, Number.POSITIVE_INFINITY), ada(one, 0, '')]).toEqual([
      false,
      false,
      false,
    ]);
    const token = { sessionId: 'sess_1', issuedAt: second };
    expect(one.snapshot.can({ agent: 'bot' }, 'org_acme', 'tool:search', { token })).toBe(false);
  });
});
