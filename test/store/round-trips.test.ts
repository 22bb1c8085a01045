import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type CountingProxy, countingProxy } from '../support/proxy.ts';
import { outcomes, type Rig, readMember, seedOrganization, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
let proxy: CountingProxy;
/** Speaks to the database through the proxy, on one connection that is open already. */
let counted: Worker;
let other: Worker;
let organization: string;

beforeAll(async () => {
  rig = await startRig();
  proxy = await countingProxy(rig.url);
  other = rig.worker();
  organization = await seedOrganization(rig, other, ['user_a', 'user_b']);
  counted = rig.worker({ url: proxy.url });
  await counted.store.readReadiness();
});
beforeEach(() => proxy.reset());
afterAll(async () => {
  await counted.statements.end();
  await proxy.close();
  await rig.stop();
});

test('a change that nobody contends for waits for the database twice, from verified bytes to answer', async () => {
  rig.clerk.changeRole(organization, 'user_a', 'org:member');
  const deliveries = await rig.news();
  expect(outcomes(await counted.process(deliveries))).toEqual(['applied']);
  expect(proxy.waits()).toBe(2);
});

test('a hundred deliveries that share a commit wait twice, too', async () => {
  for (let index = 0; index < 100; index += 1) rig.clerk.createUser();
  const deliveries = await rig.news();
  expect(new Set(outcomes(await counted.process(deliveries)))).toEqual(new Set(['applied']));
  expect(proxy.waits()).toBe(2);
});

test('a role that loses a permission, a stale snapshot and a removal wait twice each', async () => {
  const { clerk } = rig;
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
  await other.process(await rig.news());
  clerk.changeRole(organization, 'user_b', 'org:editor');
  clerk.changeRole(organization, 'user_b', 'org:member');
  clerk.changeRolePermissions('org:editor', ['org:posts:read']);
  clerk.removeMember(organization, 'user_b');
  const [older, newer, role, removal] = await rig.news();
  if (!older || !newer || !role || !removal) throw new Error('four events');
  await other.process([newer]);
  for (const [delivery, outcome] of [
    [older, 'stale'],
    [role, 'applied'],
    [removal, 'applied'],
  ] as const) {
    proxy.reset();
    expect(outcomes(await counted.process([delivery]))).toEqual([outcome]);
    expect(proxy.waits()).toBe(2);
  }
});

test('who has just joined waits once: that nothing was known of them is guessed, and the commit checks it', async () => {
  await learnRoles();
  const deliveries = [...(await joined()), ...(await joined())];
  proxy.reset();
  expect(outcomes(await counted.process(deliveries))).toEqual(['applied', 'applied']);
  expect(proxy.waits()).toBe(1);
});

test('a wrong guess costs one wait and nothing else, and fewer guesses are made after it', async () => {
  await learnRoles();
  const deliveries = await joined();
  await other.process(deliveries);
  proxy.reset();
  expect(outcomes(await counted.process(deliveries))).toEqual(['duplicate']);
  expect(proxy.waits()).toBe(2);

  const news = [await joined(), await joined()];
  for (const [index, waits] of [2, 1].entries()) {
    proxy.reset();
    expect(outcomes(await counted.process(news[index] ?? []))).toEqual(['applied']);
    expect(proxy.waits()).toBe(waits);
  }
});

test('a guess that somebody is not suspended is refused when they are', async () => {
  await learnRoles();
  const { id } = rig.clerk.createUser();
  rig.clerk.banUser(id);
  await other.process(await rig.news());
  rig.clerk.addMember(organization, id, 'org:member');
  const [delivery] = await rig.news();
  if (delivery === undefined) throw new Error('one event');
  const said = delivery.content.kind === 'evidence' ? delivery.content.evidence : [];
  const mistaken = said.map((one) => ({ ...one, userSuspended: false }));
  proxy.reset();
  const [processed] = await counted.process([
    { ...delivery, content: { kind: 'evidence', evidence: mistaken } },
  ]);
  expect(processed).toMatchObject({ outcome: 'applied', owed: 1 });
  expect(proxy.waits()).toBe(3);
});

test('a guess of what a role grants is refused when the role has changed since', async () => {
  const { clerk } = rig;
  clerk.defineRole('org:guessed', 'Guessed', ['org:posts:read', 'org:posts:write']);
  await other.process(await rig.news());
  await learnRoles('org:guessed');
  const [delivery] = await joined('org:guessed');
  if (delivery === undefined) throw new Error('one event');
  clerk.changeRolePermissions('org:guessed', ['org:posts:read']);
  await other.process(await rig.news());
  proxy.reset();
  expect(outcomes(await counted.process([delivery]))).toEqual(['applied']);
  expect(proxy.waits()).toBe(3);
  const { member } = await readMember(counted, organization, delivery.userId ?? '');
  expect(member?.permissions).toEqual(['org:posts:read']);
});

test('what teaches something of a role is no guess: it is read first', async () => {
  rig.clerk.defineRole('org:taught', 'Taught', ['org:posts:read', 'org:posts:write']);
  await other.process(await rig.news());
  await learnRoles('org:taught');
  rig.clerk.changeRolePermissions('org:taught', ['org:posts:read']);
  // That the role has changed is heard of from the membership alone.
  await rig.news();
  const deliveries = await joined('org:taught');
  proxy.reset();
  expect(await counted.process(deliveries)).toMatchObject([{ outcome: 'applied', owed: 1 }]);
  expect(proxy.waits()).toBe(2);
});

test('nothing is guessed from what was read more than five seconds ago', async () => {
  await learnRoles();
  const deliveries = await joined();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_001 });
  try {
    proxy.reset();
    await counted.process(deliveries);
    expect(proxy.waits()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a duplicate waits once: what was read is the answer', async () => {
  const [delivery] = await userEvent();
  if (delivery === undefined) throw new Error('one event');
  await other.process([delivery]);
  expect(outcomes(await counted.process([delivery]))).toEqual(['duplicate']);
  expect(proxy.waits()).toBe(1);
});

test('every race that is lost adds two waits: what the winner left is read, and decided on again', async () => {
  for (const lost of [1, 2, 3]) {
    rig.clerk.changeRole(organization, 'user_a', lost % 2 === 0 ? 'org:member' : 'org:admin');
    const mine = await rig.news();
    let left = lost;
    const racing = rig.worker({
      url: proxy.url,
      store: (store) => ({
        ...store,
        async commit(commit) {
          if (left > 0) {
            left -= 1;
            rig.clerk.updateUser('user_a', {});
            rig.clerk.updateMembershipMetadata(organization, 'user_a', { round: left });
            await other.process(await rig.news());
          }
          return store.commit(commit);
        },
      }),
    });
    await racing.store.readReadiness();
    proxy.reset();
    await racing.process(mine);
    expect(proxy.waits()).toBe(2 + 2 * lost);
  }
});

test('a new connection adds what opening it costs, and nothing to the two', async () => {
  const cold = rig.worker({ url: proxy.url });
  await cold.store.readReadiness();
  const opening = proxy.waits() - 1;
  expect(proxy.connections()).toBe(1);
  proxy.reset();
  const colder = rig.worker({ url: proxy.url });
  await colder.process(await userEvent());
  expect(proxy.waits()).toBe(opening + 2);
});

test('leasing, and reading a member, wait once each', async () => {
  await counted.store.leaseEffects({ callsPerSecond: 1, burst: 1, most: 1, leaseMs: 1_000, revoke: true });
  expect(proxy.waits()).toBe(1);
  proxy.reset();
  const { member } = await readMember(counted, organization, 'user_a');
  expect(member).not.toBeNull();
  expect(proxy.waits()).toBe(1);
});

/** Makes the next guess a good one: what it is about was read, and none was wrong before it. */
async function learnRoles(role?: string): Promise<void> {
  for (let round = 0; round < 3; round += 1) await counted.process(await joined(role));
}

/** The event of somebody's joining alone: that of their making is taken before. */
async function joined(role = 'org:member') {
  const { id: user } = rig.clerk.createUser();
  await other.process(await rig.news());
  rig.clerk.addMember(organization, user, role);
  return rig.news();
}

async function userEvent() {
  rig.clerk.createUser();
  return rig.news();
}
