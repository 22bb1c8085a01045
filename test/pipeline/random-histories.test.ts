import { afterEach, expect, test } from 'vitest';
import { dice } from '../support/dice.ts';
import { access, providerAccess, type Rig, startRig } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { found, live, shuffled } from './support/random-life.ts';

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
});

/** Of those that ended no role matters any more, and the order decides which one was heard of last. */
function membershipFacts(rig: Rig) {
  return rig.sql`
    select id, organization_id, user_id, case when deleted_at is null then role end as role, contested, ceiling,
           deleted_at
      from rolecall.memberships order by id`;
}

test.each([1, 2, 3])(
  'a random history told by six workers in any order, batched and twice, ends where telling it in order ends (%i)',
  async (seed) => {
    const roll = dice(seed);
    const [together, inOrder] = await Promise.all([startRig({ seed }), startRig({ seed })]);
    rigs.push(together, inOrder);
    found(together.clerk);
    live(together.clerk, dice(seed), 120);
    const told = await together.news();

    const six = Array.from({ length: 6 }, () => together.worker());
    const lots = shuffled([...told, ...told.filter(() => roll() < 0.2)], roll);
    await Promise.all(
      six.map(async (worker, index) => {
        const mine = lots.filter((_, at) => at % six.length === index);
        while (mine.length > 0) await worker.process(mine.splice(0, 1 + Math.floor(roll() * 8)));
      }),
    );
    const [first] = six;
    if (first === undefined) throw new Error('a worker');
    await answerLookups(together, first);

    const alone = inOrder.worker({ provider: () => first.dispatcher.provider });
    for (const delivery of told) await alone.process([delivery]);
    await answerLookups(inOrder, alone);

    expect(await access(together.sql)).toEqual(providerAccess(together.clerk));
    expect(await access(inOrder.sql)).toEqual(providerAccess(together.clerk));
    expect(await membershipFacts(together)).toEqual(await membershipFacts(inOrder));
  },
);
