import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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

async function userEvent() {
  rig.clerk.createUser();
  return rig.news();
}
