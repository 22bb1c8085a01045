import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  access,
  outcomes,
  providerAccess,
  type Rig,
  readMember,
  startRig,
  type Worker,
} from '../support/rig.ts';

const MINUTE = 60_000;

let rig: Rig;
let worker: Worker;
let now: number;
const clock = { now: () => now };

/** Provider, and later we, live at a time that the test sets. */
beforeEach(async () => {
  now = Date.now() - 60 * MINUTE;
  rig = await startRig({ now: clock.now });
  worker = rig.worker({ clock });
  rig.clerk.createUser({ id: 'user_a' });
  rig.clerk.createOrganization({ id: 'org_1' });
  await worker.process(await rig.news());
  await worker.dispatch();
});
afterEach(() => rig.stop());

const permissions = async () => (await readMember(worker, 'org_1', 'user_a')).member?.permissions ?? null;
const owed = async () =>
  (
    await rig.sql`select kind, attempts, last_error, due_at - owed_at > interval '400 ms' as waits from rolecall.effects where status = 'owed'`
  ).map((row) => ({ ...row }));

test('a gain that was told late is held, and comes with the provider’s answer', async () => {
  rig.clerk.addMember('org_1', 'user_a', 'org:admin');
  const told = await rig.news();
  now += 10 * MINUTE;
  expect(outcomes(await worker.process(told))).toEqual(['held']);
  expect(await permissions()).toBeNull();
  await worker.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  expect(await permissions()).toContain('org:sys_memberships:manage');
});

test('a gain that was told late and is not true any more never comes', async () => {
  rig.clerk.addMember('org_1', 'user_a', 'org:admin');
  const [joined] = await rig.news();
  rig.clerk.removeMember('org_1', 'user_a');
  if (joined === undefined) throw new Error('an event');
  now += 10 * MINUTE;
  expect(outcomes(await worker.process([joined]))).toEqual(['held']);
  await worker.dispatch();
  expect(await permissions()).toBeNull();
  expect(await access(rig.sql)).toEqual([]);
});

test('two truths of one moment give no access until the provider answers', async () => {
  const { clerk } = rig;
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  clerk.sameInstant(() => {
    clerk.changeRole('org_1', 'user_a', 'org:admin');
    clerk.changeRole('org_1', 'user_a', 'org:member');
  });
  expect(outcomes(await worker.process(await rig.news()))).toEqual(['applied', 'held']);
  expect(await permissions()).toEqual([]);
  now += 1_000;
  await worker.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(clerk));
  expect(await permissions()).toContain('org:sys_memberships:read');
});

test('a member whom the provider does not list is presumed gone, and comes back with a new joining', async () => {
  const { clerk } = rig;
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  clerk.removeMember('org_1', 'user_a');
  await rig.news();
  now += 10 * MINUTE;
  await owe();
  await worker.dispatch();
  expect(await permissions()).toBeNull();
  const [row] = await rig.sql`select absent_at is not null as absent, deleted_at from rolecall.memberships`;
  expect(row).toEqual({ absent: true, deleted_at: null });
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  expect(await permissions()).not.toBeNull();
});

test('an absence within a minute of the last news decides nothing: the provider is asked again later', async () => {
  const { clerk } = rig;
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  clerk.removeMember('org_1', 'user_a');
  await rig.news();
  now += 10_000;
  await owe();
  await worker.dispatch();
  expect(await permissions()).not.toBeNull();
  expect(await owed()).toMatchObject([
    { kind: 'lookup_member', last_error: 'changed_too_recently', waits: true },
  ]);
  now += 2 * MINUTE;
  await rig.hurry();
  await worker.dispatch();
  expect(await permissions()).toBeNull();
  expect(await owed()).toMatchObject([]);
});

test('a message that names a member and cannot be read changes nothing, and owes the question', async () => {
  const { clerk } = rig;
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  clerk.changeRole('org_1', 'user_a', 'org:admin');
  const event = clerk.outbox.at(-1);
  if (event === undefined) throw new Error('an event');
  const body = JSON.stringify({ ...event.payload, data: { ...event.payload.data, role: 7 } });
  const before = await permissions();
  expect(outcomes(await worker.process([await rig.delivery(event, { body })]))).toEqual(['failed']);
  expect(await permissions()).toEqual(before);
  now += 1_000;
  await worker.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(clerk));
});

test('a role first heard of through a member is looked up, and granted as the provider defines it', async () => {
  const { clerk } = rig;
  clerk.defineRole('org:agent', 'Agent', ['org:chat:read', 'org:chat:write']);
  await rig.news();
  clerk.addMember('org_1', 'user_a', 'org:agent');
  clerk.changeRolePermissions('org:agent', ['org:chat:read']);
  const [joined] = await rig.news();
  if (joined === undefined) throw new Error('an event');
  await worker.process([joined]);
  expect(await permissions()).toEqual(['org:chat:read', 'org:chat:write']);
  now += 1_000;
  await worker.dispatch();
  expect(await permissions()).toEqual(['org:chat:read']);
});

test('a user whom only a membership calls banned is looked up, and suspended by the answer', async () => {
  const { clerk } = rig;
  clerk.addMember('org_1', 'user_a', 'org:member');
  await worker.process(await rig.news());
  clerk.banUser('user_a');
  await rig.news();
  clerk.updateMembershipMetadata('org_1', 'user_a', { touched: true });
  await worker.process(await rig.news());
  now += 1_000;
  await worker.dispatch();
  const [member] = await rig.sql`select suspended from rolecall.members`;
  expect(member).toEqual({ suspended: true });
  expect(await permissions()).toEqual([]);
});

test('what the provider does not answer is asked again with growing delays, and given up in the end, for all to see', async () => {
  rig.clerk.failApi({ kind: 'status', status: 500, route: 'GET /v1/organizations/:id/memberships' });
  await owe();
  await worker.dispatch();
  expect(await owed()).toMatchObject([{ attempts: 1, last_error: 'server_error', waits: true }]);
  await rig.sql`update rolecall.effects set attempts = 39, due_at = now() where status = 'owed'`;
  await worker.dispatch();
  const [dead] =
    await rig.sql`select status, attempts, last_error, settled_at is not null as settled from rolecall.effects order by id desc limit 1`;
  expect(dead).toEqual({ status: 'dead', attempts: 40, last_error: 'server_error', settled: true });
  expect(worker.logged.map(({ event }) => event)).toContain('effect_dead');
  await worker.dispatch();
  expect(rig.clerk.calls.to('GET /v1/organizations/:id/memberships')).toBe(2);
});

async function owe(): Promise<void> {
  await rig.sql`select rolecall.owe_effects(
    '[{"kind": "lookup_member", "organizationId": "org_1", "userId": "user_a", "lane": 1}]', false)`;
}
