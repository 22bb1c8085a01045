import { afterEach, expect, test } from 'vitest';
import { dice } from '../support/dice.ts';
import { access, providerAccess, type Rig, startRig } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { found, live, shuffled } from './support/random-life.ts';
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

test.each([11, 12, 13])(
  'reconciling all the while that events arrive ends where Clerk is (%i)',
  async (seed) => {
    const roll = dice(seed);
    const rig = await startRig({ seed });
    rigs.push(rig);
    const [telling, other, reconciling] = [rig.worker(), rig.worker(), rig.worker()];
    await telling.store.pinInstance(rig.clerk.instanceId);
    found(rig.clerk);
    let over = false;
    const reconcileOn = async () => {
      while (!over) expect((await reconcilerOf(reconciling).reconcile()).reconciliation.status).toBe('done');
    };
    const tell = async () => {
      for (let part = 0; part < 12; part += 1) {
        live(rig.clerk, roll, 12);
        const told = shuffled(await rig.news(), roll);
        const half = Math.floor(told.length / 2);
        await Promise.all([telling.process(told.slice(0, half)), other.process(told.slice(half))]);
      }
      over = true;
    };
    await Promise.all([reconcileOn(), tell()]);
    await answerLookups(rig, telling);
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  },
);
