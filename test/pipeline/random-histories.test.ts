import { afterEach, expect, test } from 'vitest';
import type { ClerkStandIn } from '../../src/testing/index.ts';
import { access, providerAccess, type Rig, startRig, type Worker } from '../support/rig.ts';

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
});

/** Numbers from 0 to 1, the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const users = ['user_0', 'user_1', 'user_2', 'user_3', 'user_4'];
const organizations = ['org_0', 'org_1'];
const roles = ['org:admin', 'org:member', 'org:editor'];
const permissions = ['org:posts:read', 'org:posts:write', 'org:posts:delete'];

function live(clerk: ClerkStandIn, roll: () => number, steps: number): void {
  const one = (list: readonly string[]): string => list[Math.floor(roll() * list.length)] ?? '';
  for (const id of users) clerk.createUser({ id });
  for (const id of organizations) clerk.createOrganization({ id });
  clerk.defineRole('org:editor', 'Editor', permissions);
  for (let step = 0; step < steps; step += 1) {
    const [organization, user, chance] = [one(organizations), one(users), roll()];
    const isMember = clerk
      .access()
      .some((held) => held.organizationId === organization && held.userId === user);
    if (chance < 0.08)
      clerk.changeRolePermissions(
        'org:editor',
        permissions.filter(() => roll() < 0.5),
      );
    else if (chance < 0.14) clerk.banUser(user);
    else if (chance < 0.22) clerk.unbanUser(user);
    else if (!isMember) clerk.addMember(organization, user, one(roles));
    else if (chance < 0.45) clerk.removeMember(organization, user);
    else clerk.changeRole(organization, user, one(roles));
  }
}

function shuffled<T>(list: readonly T[], roll: () => number): T[] {
  return list
    .map((item) => ({ item, at: roll() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function answerLookups(rig: Rig, worker: Worker): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await worker.dispatch();
    await rig.hurry();
  }
}

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
