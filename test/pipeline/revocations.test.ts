import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import { type Rig, seedOrganization, startRig, type Worker } from '../support/rig.ts';

const LIST = 'GET /v1/sessions';
const REVOKE = 'POST /v1/sessions/:id/revoke';

let rig: Rig;
let worker: Worker;
let organization: string;
beforeEach(async () => {
  rig = await startRig();
  worker = rig.worker();
  organization = await seedOrganization(rig, worker, ['user_a', 'user_b']);
  rig.clerk.calls.reset();
});
afterEach(() => rig.stop());

const live = (user: string) =>
  [...rig.clerk.state.sessions.values()]
    .filter(({ userId, status }) => userId === user && (status === 'active' || status === 'pending'))
    .map(({ id }) => id);
const effects = async () =>
  (
    await rig.sql`select kind, status, attempts, last_error from rolecall.effects where kind = 'revoke_sessions' order by id`
  ).map((row) => ({ ...row }));
async function remove(user = 'user_a', by = worker): Promise<void> {
  rig.clerk.removeMember(organization, user);
  await by.process((await rig.news()).filter(({ type }) => type === 'organizationMembership.deleted'));
}

test('who is removed is signed out everywhere, who signs in again afterwards stays', async () => {
  const { clerk } = rig;
  for (let index = 0; index < 5; index += 1) clerk.createSession('user_a');
  clerk.createSession('user_a', { status: 'pending' });
  const other = clerk.createSession('user_b');
  await remove();
  const younger = clerk.createSession('user_a');
  expect(await worker.dispatch()).toBe(1);
  expect(live('user_a')).toEqual([younger.id]);
  expect(live('user_b')).toEqual([other.id]);
  expect(await effects()).toMatchObject([{ status: 'done' }]);
});

test('every attempt is remembered with what Clerk answered and how often it was called, the latest twenty of them', async () => {
  const { clerk } = rig;
  clerk.createSession('user_a');
  await remove();
  const due = () => rig.sql`update rolecall.effects set due_at = now(), attempts = 1 where status = 'owed'`;
  const tries = async () => {
    const [row] = await rig.sql`select tries from rolecall.effects where kind = 'revoke_sessions'`;
    return row?.['tries'] as object[];
  };
  clerk.failApi({ kind: 'status', status: 500, route: LIST, times: 2 });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await worker.dispatch();
    await due();
  }
  const failed = { result: 'retry', error: 'server_error', calls: 1 };
  expect(await tries()).toMatchObject([failed, failed]);
  clerk.failApi({ kind: 'status', status: 503, route: LIST, times: 19 });
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await worker.dispatch();
    await due();
  }
  const all = await tries();
  expect(all).toHaveLength(20);
  expect(all.at(-1)).toMatchObject({ result: 'done', error: null, calls: 2 });
  expect(live('user_a')).toEqual([]);
});

test('the list is asked for unfiltered and page by page, and sessions that are over cost no call', async () => {
  const { clerk } = rig;
  for (let index = 0; index < 3; index += 1) clerk.createSession('user_a');
  clerk.sameInstant(() => {
    for (let index = 0; index < 1_100; index += 1) clerk.endSession(clerk.createSession('user_a').id);
  });
  clerk.createSession('user_a', { status: 'pending' });
  await remove();
  clerk.calls.reset();
  await worker.dispatch();
  expect(live('user_a')).toEqual([]);
  expect(clerk.calls.to(REVOKE)).toBe(4);
  const listed = clerk.calls.log.filter(({ route }) => route === LIST);
  expect(listed).toHaveLength(3);
  for (const { path } of listed) expect(new URL(path, rig.clerkUrl).searchParams.has('status')).toBe(false);
});

test('a user with more sessions than one attempt may spend is signed out in several, each of which gets on', async () => {
  const { clerk } = rig;
  const thrifty = rig.worker({ budget: { callsPerSecond: 10_000, burst: 30 } });
  for (let index = 0; index < 6; index += 1) clerk.createSession('user_a');
  // Newer ones that are over: looking through them alone takes all that an attempt may spend.
  clerk.sameInstant(() => {
    for (let index = 0; index < 1_100; index += 1) clerk.endSession(clerk.createSession('user_a').id);
  });
  await remove();
  // Three calls each: three pages, then two revocations and a call over for the page they stand on, twice more.
  expect(await thrifty.dispatch()).toBe(4);
  expect(live('user_a')).toEqual([]);
  expect(await effects()).toMatchObject([{ status: 'done', attempts: 1 }]);
});

test('pages without an end are given up, and the provider is not asked for ever', async () => {
  let pages = 0;
  const page = Array.from({ length: 500 }, (_, index) => ({
    id: `sess_${index}`,
    createdAt: 1,
    live: false,
  }));
  const lied = rig.worker({
    provider: (real) => ({
      ...real,
      sessions() {
        pages += 1;
        return Promise.resolve({ answer: { sessions: page, more: true } });
      },
    }),
  });
  await remove();
  await lied.dispatch();
  expect(await effects()).toMatchObject([{ status: 'owed', last_error: 'endless_pages' }]);
  expect(pages).toBeLessThan(210);
});

test('sessions that are gone by the time they are revoked are as good as revoked', async () => {
  const { clerk } = rig;
  clerk.createSession('user_a');
  clerk.createSession('user_a');
  const slow = rig.worker({
    provider: (real) => ({
      ...real,
      async sessions(user, offset) {
        const page = await real.sessions(user, offset);
        clerk.deleteUser('user_a');
        return page;
      },
    }),
  });
  await remove();
  clerk.calls.reset();
  await slow.dispatch();
  expect(clerk.calls.log.map(({ route, status }) => `${status} ${route}`)).toEqual([
    '200 GET /v1/instance',
    `200 ${LIST}`,
    `404 ${REVOKE}`,
    `404 ${REVOKE}`,
  ]);
  expect(await effects()).toMatchObject([{ status: 'done' }]);
});

test('with revoke-when-last only the loss of the last membership signs out', async () => {
  const { clerk } = rig;
  const last = rig.worker({ consequences: { ...DEFAULT_CONSEQUENCES, removed: 'revoke-when-last' } });
  clerk.createOrganization({ id: 'org_other' });
  clerk.addMember('org_other', 'user_a', 'org:member');
  await last.process(await rig.news());
  clerk.createSession('user_a');
  await remove('user_a', last);
  await last.dispatch();
  expect(live('user_a')).toHaveLength(1);
  expect(clerk.calls.to(LIST)).toBe(0);
  clerk.removeMember('org_other', 'user_a');
  await last.process(await rig.news());
  await last.dispatch();
  expect(live('user_a')).toEqual([]);
});

test('an answer that does not come is a failed attempt, and the next one carries on', async () => {
  const impatient = rig.worker({ timeoutMs: 50 });
  rig.clerk.createSession('user_a');
  await remove();
  rig.clerk.failApi({ kind: 'hang', route: REVOKE, times: 1 });
  await impatient.dispatch();
  expect(await effects()).toMatchObject([{ status: 'owed', attempts: 1, last_error: 'timeout' }]);
  rig.clerk.clearFaults();
  await rig.hurry();
  await impatient.dispatch();
  expect(live('user_a')).toEqual([]);
});

test('an attempt that hangs keeps nobody else waiting', async () => {
  const { clerk } = rig;
  clerk.createSession('user_a');
  clerk.createSession('user_b');
  await remove('user_a');
  clerk.failApi({ kind: 'hang', route: LIST, times: 1 });
  const one = rig.worker({ timeoutMs: 15_000, concurrency: 2, connections: 2 });
  const running = one.dispatch();
  while (clerk.calls.to('GET /v1/instance') === 0 || (await effects())[0]?.['attempts'] !== 1) await tick();
  await remove('user_b');
  while (live('user_b').length > 0) await tick();
  expect(live('user_a')).toHaveLength(1);
  clerk.clearFaults();
  await running;
});

test('a 429 stops every worker until its time is over, and is nobody’s attempt', async () => {
  const { clerk } = rig;
  clerk.createSession('user_a');
  clerk.createSession('user_b');
  await remove('user_a');
  clerk.failApi({ kind: 'status', status: 429, retryAfter: 120, route: LIST, times: 1 });
  await worker.dispatch();
  await remove('user_b');
  const before = clerk.calls.total();
  await worker.dispatch();
  await rig.worker().dispatch();
  expect(clerk.calls.total()).toBe(before);
  expect(await effects()).toMatchObject([
    { status: 'owed', attempts: 0, last_error: 'rate_limited' },
    { status: 'owed', attempts: 0 },
  ]);
  const [pause] = await rig.sql`
    select extract(epoch from paused_until - now()) between 100 and 121 as until from rolecall.provider_budget`;
  expect(pause?.['until']).toBe(true);
  await rig.sql`update rolecall.provider_budget set paused_until = null`;
  await rig.hurry();
  await worker.dispatch();
  expect([...live('user_a'), ...live('user_b')]).toEqual([]);
});

test('a key of another instance asks for its instance and nothing else, and nothing is inferred', async () => {
  const { clerk } = rig;
  clerk.createSession('user_a');
  await remove();
  await rig.sql`select rolecall.owe_effects(
    ${rig.sql.json([{ kind: 'lookup_member', organizationId: organization, userId: 'user_b', lane: 1 }])}, false)`;
  await rig.sql`update rolecall.instance set provider_instance = 'ins_other'`;
  const stranger = rig.worker();
  const facts = await rig.sql`select * from rolecall.memberships order by id`;
  expect(await stranger.dispatch()).toBe(0);
  await rig.hurry();
  expect(await stranger.dispatch()).toBe(0);
  expect(clerk.calls.byRoute()).toEqual({ 'GET /v1/instance': 1 });
  expect(live('user_a')).toHaveLength(1);
  expect(await rig.sql`select * from rolecall.memberships order by id`).toEqual(facts);
  const owed =
    await rig.sql`select distinct attempts, last_error, lease_token from rolecall.effects where status = 'owed'`;
  expect([...owed]).toEqual([{ attempts: 0, last_error: 'wrong_instance_key', lease_token: null }]);
});

test('an instance that cannot be asked is not asked again and again, and its 429 stops everybody', async () => {
  const { clerk } = rig;
  await remove();
  clerk.failApi({ kind: 'status', status: 429, retryAfter: 60, route: 'GET /v1/instance' });
  const fresh = rig.worker();
  for (let round = 0; round < 3; round += 1) {
    expect(await fresh.dispatch()).toBe(0);
    await rig.hurry();
  }
  await rig.worker().dispatch();
  expect(clerk.calls.byRoute()).toEqual({ 'GET /v1/instance': 1 });
  expect(await effects()).toMatchObject([{ status: 'owed', attempts: 0, last_error: 'rate_limited' }]);
});

test('observing, a revocation is noted and none is made, not even one that was owed before', async () => {
  const { clerk } = rig;
  const observing = rig.worker({ mode: 'observe' });
  clerk.createSession('user_a');
  clerk.createSession('user_b');
  await remove('user_a');
  await remove('user_b', observing);
  await observing.dispatch();
  expect(await effects()).toMatchObject([{ status: 'owed' }, { status: 'observed' }]);
  expect([...live('user_a'), ...live('user_b')]).toHaveLength(2);
  expect(clerk.calls.to(LIST) + clerk.calls.to(REVOKE)).toBe(0);
  const lost = await rig.sql`select user_id from rolecall.members`;
  expect(lost).toHaveLength(0);
  await worker.dispatch();
  expect(live('user_a')).toEqual([]);
  expect(live('user_b')).toHaveLength(1);
});

test('observing, lookups are made all the same', async () => {
  const { clerk } = rig;
  const observing = rig.worker({ mode: 'observe' });
  clerk.defineRole('org:agent', 'Agent', ['org:chat:read']);
  clerk.changeRole(organization, 'user_a', 'org:agent');
  const told = (await rig.news()).filter(({ type }) => type === 'organizationMembership.updated');
  await observing.process(told);
  await observing.dispatch();
  expect(clerk.calls.to('GET /v1/organization_roles')).toBe(1);
});

test('paused, everything is taken and decided, and the provider is called for nothing', async () => {
  const paused = rig.worker({ mode: 'paused' });
  rig.clerk.createSession('user_a');
  await remove('user_a', paused);
  expect(await paused.dispatch()).toBe(0);
  expect(rig.clerk.calls.total()).toBe(0);
  expect(await effects()).toMatchObject([{ status: 'owed', attempts: 0 }]);
  expect(await rig.sql`select user_id from rolecall.members where user_id = 'user_a'`).toHaveLength(0);
});

test('an attempt that always takes its process along is given up as well', async () => {
  await remove();
  await rig.sql`update rolecall.effects set attempts = 40 where status = 'owed'`;
  await worker.dispatch();
  expect(await effects()).toMatchObject([{ status: 'dead', attempts: 41, last_error: 'never_ended' }]);
  expect(rig.clerk.calls.to(LIST)).toBe(0);
});

test('ten workers revoke every user’s sessions, and no session twice', async () => {
  const { clerk } = rig;
  const users = Array.from({ length: 30 }, (_, index) => `user_many${index}`);
  organization = await seedOrganization(rig, worker, users);
  for (const user of users) {
    clerk.createSession(user);
    clerk.createSession(user);
  }
  for (const user of users) clerk.removeMember(organization, user);
  await worker.process((await rig.news()).filter(({ type }) => type === 'organizationMembership.deleted'));
  await Promise.all(Array.from({ length: 10 }, () => rig.worker().dispatch()));
  expect(users.flatMap(live)).toEqual([]);
  expect(clerk.calls.to(REVOKE)).toBe(60);
  expect(clerk.calls.to(LIST)).toBe(30);
});

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
