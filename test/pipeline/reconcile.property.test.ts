import { afterEach, expect, test } from 'vitest';
import { access, providerAccess, type Rig, startRig } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { dice, found, live, shuffled } from './support/random-life.ts';
import { reconcilerOf } from './support/reconciliations.ts';

const MINUTE = 60_000;

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
});

test.each([1, 2, 3, 4, 5, 6])(
  'a random history of which much was never told ends, after one reconciliation, where Clerk is (%i)',
  async (seed) => {
    const roll = dice(seed);
    let now = Date.now() - 600 * MINUTE;
    const clock = { now: () => now };
    const rig = await startRig({ seed, now: clock.now });
    rigs.push(rig);
    const worker = rig.worker({ clock });
    await worker.store.pinInstance(rig.clerk.instanceId);
    found(rig.clerk);
    const late: Awaited<ReturnType<Rig['news']>> = [];
    for (let part = 0; part < 4; part += 1) {
      live(rig.clerk, roll, 40);
      for (const told of shuffled(await rig.news(), roll)) {
        const fate = roll();
        if (fate < 0.5) await worker.process([told]);
        else if (fate < 0.6) late.push(told);
      }
      if (roll() < 0.5) await worker.dispatch();
      now += 5 * MINUTE;
    }
    await answerLookups(rig, worker);
    now += 5 * MINUTE;

    const { reconciliation, drift } = await reconcilerOf(worker).reconcile();
    expect(reconciliation.status).toBe('done');
    expect(drift.length).toBeGreaterThan(0);
    await answerLookups(rig, worker);
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));

    now += 5 * MINUTE;
    expect((await reconcilerOf(worker).reconcile()).drift).toEqual([]);

    // What arrives after all brings nobody back, and gives nobody anything.
    for (const told of shuffled(late, roll)) await worker.process([told]);
    await answerLookups(rig, worker);
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  },
);
