import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/pipeline/ports.ts';
import { outcomes, type Rig, seedOrganization, startRig } from '../support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

class BrokenMap<Row> extends Map<string, Row> {
  readonly #broken: string;

  constructor(rows: ReadonlyMap<string, Row>, broken: string) {
    super(rows);
    this.#broken = broken;
  }

  override get(key: string): Row | undefined {
    if (key === this.#broken) throw new RangeError(`a mistake about ${key}`);
    return super.get(key);
  }
}

/** A store on whose rows of one membership the decision itself breaks, as a mistake of ours would. */
function breaking(store: Store, membership: string): Store {
  return {
    ...store,
    async read(keys) {
      const reading = await store.read(keys);
      const memberships = new BrokenMap(reading.facts.memberships, membership);
      return { ...reading, facts: { ...reading.facts, memberships } };
    },
  };
}

test('a delivery on which the decision breaks is stored alone as failed, its neighbours are applied', async () => {
  const { clerk, sql } = rig;
  const organization = await seedOrganization(rig, rig.worker(), ['user_0', 'user_1', 'user_2']);
  const bad = [...clerk.state.memberships.values()].find(({ userId }) => userId === 'user_1')?.id ?? '';
  for (const user of ['user_0', 'user_1', 'user_2']) clerk.changeRole(organization, user, 'org:member');
  const told = await rig.news();
  const worker = rig.worker({ store: (store) => breaking(store, bad) });
  expect(outcomes(await worker.process(told))).toEqual(['applied', 'failed', 'applied']);
  const kept = await sql`select octet_length(body) > 0 as body from rolecall.inbox where outcome = 'failed'`;
  expect([...kept]).toEqual([{ body: true }]);
  const owed =
    await sql`select user_id from rolecall.effects where kind = 'lookup_member' and status = 'owed'`;
  expect([...owed]).toEqual([{ user_id: 'user_1' }]);
});
