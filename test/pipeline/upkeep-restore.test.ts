import { afterEach, beforeEach, expect, test } from 'vitest';
import { access, providerAccess, type Rig, seedOrganization, startRig, type Worker } from '../support/rig.ts';
import { keeperOf } from './support/keeper.ts';
import { reconcilerOf } from './support/reconciliations.ts';

const MINUTE = 60_000;

let rig: Rig;
let worker: Worker;
let now: number;
beforeEach(async () => {
  now = Date.now() - 60 * MINUTE;
  const clock = { now: () => now };
  rig = await startRig({ now: clock.now });
  worker = rig.worker({ clock });
});
afterEach(() => rig.stop());

const restoring = async () => (await worker.store.readReadiness()).restoringSince !== null;

/** What was told after the backup was made is not in it. */
async function restored(): Promise<void> {
  const organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_c', 'user_d']);
  now += 5 * MINUTE;
  rig.clerk.removeMember(organization, 'user_b');
  rig.clerk.changeRole(organization, 'user_c', 'org:member');
  rig.clerk.banUser('user_d');
  await rig.news();
  now += 5 * MINUTE;
  await keeperOf(worker).upkeep.beginRestore('ann', 'the disk died');
}

test('a restored database serves again when it was compared with Clerk, and whoever was removed since is cut off', async () => {
  await restored();
  expect(await access(rig.sql)).not.toEqual(providerAccess(rig.clerk));
  expect(await restoring()).toBe(true);
  await reconcilerOf(worker).run();
  // Those whom Clerk did not list are asked about one by one before anybody is answered.
  expect(await restoring()).toBe(true);
  await worker.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  await keeperOf(worker).run();
  const [operations] = await rig.sql`select restoring_since from rolecall.operations`;
  expect(operations).toEqual({ restoring_since: null });
  const cut = await rig.sql`
    select user_id from rolecall.pairs where cutoff is not null union
    select id from rolecall.users where cutoff is not null order by 1`;
  expect([...cut]).toEqual([{ user_id: 'user_b' }, { user_id: 'user_c' }, { user_id: 'user_d' }]);
});

test('a comparison that Clerk does not answer keeps it waiting, and the next one that is answered ends it', async () => {
  await restored();
  rig.clerk.failApi({ kind: 'status', status: 500, times: 1 });
  await reconcilerOf(worker).run();
  expect(await restoring()).toBe(true);
  await rig.sql`
    update rolecall.reconciliations set status = 'failed', ended_at = now() where status = 'running'`;
  await reconcilerOf(worker).reconcile();
  await worker.dispatch();
  expect(await restoring()).toBe(false);
});
