import { afterEach, expect, test } from 'vitest';
import { dice } from '../support/dice.ts';
import { access, providerAccess, type Rig, startRig, type Worker } from '../support/rig.ts';
import { ALL, replayer } from './support/replays.ts';

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
});

function live({ clerk }: Rig, roll: () => number): void {
  const one = (list: readonly string[]): string => list[Math.floor(roll() * list.length)] ?? '';
  const users = ['user_0', 'user_1', 'user_2', 'user_3'];
  const organizations = ['org_0', 'org_1'];
  const permissions = ['org:posts:read', 'org:posts:write', 'org:posts:delete'];
  for (const id of users) clerk.createUser({ id });
  for (const id of organizations) clerk.createOrganization({ id });
  clerk.defineRole('org:editor', 'Editor', permissions);
  for (let step = 0; step < 90; step += 1) {
    const [organization, user, chance] = [one(organizations), one(users), roll()];
    const role = one(['org:admin', 'org:member', 'org:editor']);
    const isMember = clerk
      .access()
      .some((held) => held.organizationId === organization && held.userId === user);
    if (chance < 0.1) {
      clerk.changeRolePermissions(
        'org:editor',
        permissions.filter(() => roll() < 0.5),
      );
    } else if (chance < 0.16) clerk.banUser(user);
    else if (chance < 0.24) clerk.unbanUser(user);
    else if (!isMember) clerk.addMember(organization, user, role);
    else if (chance < 0.45) clerk.removeMember(organization, user);
    else clerk.changeRole(organization, user, role);
  }
}

async function settle(rig: Rig, worker: Worker): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await worker.dispatch();
    await rig.hurry();
  }
}

async function cutoffs({ sql }: Rig): Promise<{ users: number[]; others: number[] }> {
  const users = await sql`select coalesce(cutoff, 0)::float as at from rolecall.users order by id`;
  const others = await sql`
    select coalesce(cutoff, 0)::float as at, organization_id, user_id from rolecall.pairs
     union all select coalesce(cutoff, 0)::float, 'role', key from rolecall.role_keys order by 2, 3`;
  return { users: users.map(({ at }) => Number(at)), others: others.map(({ at }) => Number(at)) };
}

test.each([11, 12, 13])(
  'replaying the complete history, in order or in any other, moves nobody’s permissions (%i)',
  async (seed) => {
    const rig = await startRig({ seed });
    rigs.push(rig);
    const roll = dice(seed);
    live(rig, roll);
    const told = await rig.news();
    const worker = rig.worker();
    for (const delivery of told) await worker.process([delivery]);
    await settle(rig, worker);
    const truth = providerAccess(rig.clerk);
    expect(await access(rig.sql)).toEqual(truth);
    const before = await cutoffs(rig);

    const { replay } = replayer(rig, worker);
    const shuffled = told
      .map(({ id }) => ({ id, at: roll() }))
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => id);
    for (const selection of [
      { filter: ALL },
      { ids: shuffled },
      { ids: told.map(({ id }) => id).reverse() },
    ]) {
      const { replay: done, results } = await replay(selection);
      expect(done).toMatchObject({ status: 'done', done: told.length });
      // Not even before Clerk has been asked.
      expect(results.flatMap(({ differences }) => differences)).toEqual([]);
      expect(await access(rig.sql)).toEqual(truth);
      await settle(rig, worker);
      expect(await access(rig.sql)).toEqual(truth);
    }
    // Those of members and roles may differ by the path, but never decrease.
    const { users, others } = await cutoffs(rig);
    expect(users).toEqual(before.users);
    for (const [index, cutoff] of others.entries()) {
      expect(cutoff).toBeGreaterThanOrEqual(before.others[index] ?? 0);
    }
  },
  60_000,
);

test.each([21, 22, 23])(
  'after some deliveries were lost, a replay says exactly what it moves, takes only away, and ends at the truth once Clerk has answered (%i)',
  async (seed) => {
    const rig = await startRig({ seed });
    rigs.push(rig);
    const roll = dice(seed);
    live(rig, roll);
    const told = await rig.news();
    const worker = rig.worker();
    for (const delivery of told) await worker.process([delivery]);
    // As if a mistake of ours had lost a third of what they said: the facts are those of the others.
    await rig.sql.begin(async (sql) => {
      for (const table of [
        'users',
        'organizations',
        'roles',
        'role_keys',
        'permissions',
        'permission_keys',
        'memberships',
        'pairs',
        'sessions',
        'effects',
      ])
        await sql.unsafe(`delete from rolecall.${table}`);
    });
    const kept = told.filter(() => roll() < 0.66);
    await rig.sql`create table kept as select * from rolecall.inbox`;
    await rig.sql`delete from rolecall.inbox`;
    for (const delivery of kept) await worker.process([delivery]);
    await rig.sql`insert into rolecall.inbox select * from kept on conflict do nothing`;
    await settle(rig, worker);
    const before = permissionsOf(await access(rig.sql));

    const { replay } = replayer(rig, worker);
    const { results } = await replay({ filter: ALL });
    const after = permissionsOf(await access(rig.sql));
    const moved = before.filter((one) => !after.includes(one));
    expect(after.filter((one) => !before.includes(one))).toEqual([]);
    const said = results.flatMap(({ differences }) =>
      differences.flatMap(({ organization, user, lost }) =>
        lost.map((one) => `${organization} ${user} ${one}`),
      ),
    );
    // A role's loss is said once, for all who hold it.
    const ofMembers = moved.filter(
      (one) =>
        !said.some((other) => other.endsWith(one.split(' ')[2] ?? '') && other.startsWith('null null')),
    );
    expect(said).toEqual(expect.arrayContaining(ofMembers));
    await settle(rig, worker);
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  },
  60_000,
);

/** One line a permission. */
function permissionsOf(held: readonly string[]): string[] {
  return held.flatMap((line) => {
    const [organization, user, , permissions = ''] = line.split(' ');
    return permissions === '' ? [] : permissions.split(',').map((one) => `${organization} ${user} ${one}`);
  });
}
