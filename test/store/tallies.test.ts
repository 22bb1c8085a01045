import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresStatusStore } from '../../src/store/postgres/status-store.ts';
import { type Rig, seedOrganization, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const counted = async (name: string) => {
  const { tallies } = await postgresStatusStore(rig.worker().statements).readTallies();
  return Object.fromEntries(
    tallies
      .filter((one) => one.name === name)
      .map(({ first, second, value }) => [`${first} ${second}`.trim(), value]),
  );
};
const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, one) => sum + one, 0);

test('of commits that happen at once in many processes every delivery and every loss is counted, once', async () => {
  const people = Array.from({ length: 40 }, (_, n) => `user_${n}`);
  const organization = await seedOrganization(rig, rig.worker(), people);
  const removed = async () => (await counted('losses'))['removed delivery'] ?? 0;
  const before = total(await counted('deliveries'));
  const [lostBefore, refusedBefore] = [await removed(), total(await counted('refused'))];
  for (const id of people) rig.clerk.removeMember(organization, id);
  const removals = await rig.news();
  const workers = Array.from({ length: 10 }, () => rig.worker());
  // Each twice, and all against each other.
  await Promise.all(
    [...removals, ...removals].map(async (removal, index) => workers[index % 10]?.process([removal])),
  );
  expect(total(await counted('deliveries')) - before).toBe(removals.length);
  expect((await removed()) - lostBefore).toBe(40);
  expect(Object.keys(await counted('losses'))).toEqual(['removed delivery']);
  expect(total(await counted('refused')) - refusedBefore).toBe(40);
});

test('attempts are counted by how they ended, and calls of the provider by how it answered', async () => {
  const worker = rig.worker();
  const people = Array.from({ length: 10 }, (_, n) => `user_leaving_${n}`);
  const left = await seedOrganization(rig, worker, people);
  const done = async () => (await counted('attempts'))['revoke_sessions done'] ?? 0;
  const answered = async () => (await counted('calls'))['answered'] ?? 0;
  const [doneBefore, answeredBefore] = [await done(), await answered()];
  for (const id of people) rig.clerk.removeMember(left, id);
  await worker.process(await rig.news());
  await worker.dispatch();
  expect((await done()) - doneBefore).toBe(10);
  expect((await answered()) - answeredBefore).toBeGreaterThanOrEqual(10);
  rig.clerk.createUser({ id: 'user_x' });
  const organization = rig.clerk.createOrganization({ id: 'org_x' });
  rig.clerk.addMember(organization.id, 'user_x', 'org:member');
  await worker.process(await rig.news());
  await worker.dispatch();
  rig.clerk.removeMember('org_x', 'user_x');
  await worker.process(await rig.news());
  const hung = rig.worker({
    provider: (real) => ({ ...real, sessions: async () => ({ failure: 'timeout' }) }),
  });
  await hung.dispatch();
  expect(await counted('calls')).toMatchObject({ timeout: 1 });
  expect(await counted('attempts')).toMatchObject({ 'revoke_sessions timeout': 1 });
});

test('a delivery that the database refuses is counted as what it was stored as, and never fails for being counted', async () => {
  await rig.sql.unsafe(
    "alter table rolecall.users add constraint a_mistake check (id <> 'user_refused') not valid",
  );
  rig.clerk.createUser({ id: 'user_refused' });
  await rig.worker().process(await rig.news());
  expect(await counted('deliveries')).toMatchObject({ 'user.created failed': 1 });
});
