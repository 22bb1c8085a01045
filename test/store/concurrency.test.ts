import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../src/pipeline/ports.ts';
import {
  access,
  column,
  outcomes,
  providerAccess,
  type Rig,
  readMember,
  seedOrganization,
  startRig,
  type Worker,
} from '../support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

/** Each worker has a connection of its own, as processes have. */
function workers(count: number): Worker[] {
  return Array.from({ length: count }, () => rig.worker());
}

/** Every worker takes its list one delivery after the other, all of them at once. */
function race(by: readonly Worker[], lists: readonly (readonly Delivery[])[]): Promise<string[][]> {
  return Promise.all(
    by.map(async (worker, index) => {
      const taken: string[] = [];
      for (const delivery of lists[index] ?? []) taken.push(...outcomes(await worker.process([delivery])));
      return taken;
    }),
  );
}

const reversed = <T>(list: readonly T[]): T[] => [...list].reverse();

test('one member told of in opposite orders over several connections ends as the provider has it', async () => {
  const [first, second, third, fourth] = workers(4);
  if (!first || !second || !third || !fourth) throw new Error('four workers');
  const organization = await seedOrganization(rig, first, ['user_a']);
  for (let index = 0; index < 40; index += 1) {
    rig.clerk.changeRole(organization, 'user_a', index % 2 === 0 ? 'org:member' : 'org:admin');
  }
  rig.clerk.changeRole(organization, 'user_a', 'org:member');
  const told = await rig.news();
  const quarter = (from: number) => told.filter((_, index) => index % 4 === from);
  await race(
    [first, second, third, fourth],
    [quarter(0), reversed(quarter(1)), quarter(2), reversed(quarter(3))],
  );
  await first.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  const inbox = await rig.sql`select count(*)::int as n from rolecall.inbox where outcome = 'failed'`;
  expect(inbox[0]?.['n']).toBe(0);
});

test('batches over the same users and roles in opposite orders never end in a deadlock that surfaces', async () => {
  const { clerk, sql } = rig;
  const by = workers(6);
  for (let index = 0; index < 12; index += 1) {
    clerk.createUser({ id: `user_${index}` });
    clerk.defineRole(`org:role_${index}`, 'Role', ['org:posts:read', 'org:posts:write']);
  }
  await by[0]?.process(await rig.news());
  for (let round = 0; round < 5; round += 1) {
    for (let index = 0; index < 12; index += 1) {
      clerk.updateUser(`user_${index}`, { firstName: `Round ${round}` });
      clerk.changeRolePermissions(`org:role_${index}`, round % 2 === 0 ? ['org:posts:read'] : []);
    }
  }
  const told = await rig.news();
  const size = 20;
  const batches = Array.from({ length: told.length / size }, (_, at) =>
    told.slice(at * size, (at + 1) * size),
  );
  const taken = await Promise.all(
    by.map((worker, index) =>
      Promise.all(
        batches
          .filter((_, at) => at % by.length === index)
          .map((batch) => worker.process(index % 2 === 0 ? batch : reversed(batch))),
      ),
    ),
  );
  expect(taken.flat(2)).toHaveLength(told.length);
  const roles = await sql<{ key: string; grants: string[] }[]>`select key, grants from rolecall.role_keys`;
  for (const role of clerk.state.roles.values()) {
    const held = roles.find(({ key }) => key === role.key);
    if (held !== undefined) expect(held.grants).toEqual([...role.permissions].sort());
  }
});

test('a deadlock that somebody else brings about is a lost race: decided again, and taken', async () => {
  const { clerk, sql } = rig;
  const [worker] = workers(1);
  if (!worker) throw new Error('a worker');
  for (const id of ['user_a', 'user_b']) clerk.createUser({ id });
  await worker.process(await rig.news());
  for (const id of ['user_a', 'user_b']) clerk.updateUser(id, {});
  const told = await rig.news();
  const taken = await sql.begin(async (foreign) => {
    await foreign`set local deadlock_timeout = '10s'`;
    await foreign`select from rolecall.users where id = 'user_b' for update`;
    const answer = worker.process(told);
    await blocked(1);
    // The worker holds user_a and waits for user_b: this closes the circle, and the worker is the one that is shot.
    await foreign`select from rolecall.users where id = 'user_a' for update`;
    return { answer };
  });
  expect(outcomes(await taken.answer)).toEqual(['applied', 'applied']);
});

/** Until so many connections of workers wait for a lock. */
async function blocked(count: number): Promise<void> {
  for (;;) {
    const [row] = await rig.sql`
      select count(*)::int as n from pg_stat_activity
       where datname = current_database() and application_name = 'rolecall' and wait_event_type = 'Lock'`;
    if (row?.['n'] === count) return;
  }
}

test('new rows that several connections insert at once, in opposite orders, are each inserted once', async () => {
  const by = workers(6);
  for (let index = 0; index < 30; index += 1) rig.clerk.createUser({ id: `user_${index}` });
  const told = await rig.news();
  const answers = await Promise.all(
    by.map((worker, index) => worker.process(index % 2 === 0 ? told : reversed(told))),
  );
  const all = answers.flatMap(outcomes);
  expect(all.filter((outcome) => outcome === 'applied')).toHaveLength(told.length);
  expect(all.filter((outcome) => outcome === 'duplicate')).toHaveLength(told.length * (by.length - 1));
  const [users] =
    await rig.sql`select count(*)::int as n, max(row_version)::int as versions from rolecall.users`;
  expect(users).toEqual({ n: 30, versions: 1 });
});

test('of one message with the same bytes over many connections one is applied, the others are duplicates', async () => {
  const by = workers(8);
  for (let round = 0; round < 10; round += 1) {
    rig.clerk.createUser();
    const [delivery] = await rig.news();
    if (delivery === undefined) throw new Error('one event');
    const taken = await race(
      by,
      by.map(() => [delivery]),
    );
    expect(taken.flat().sort()).toEqual(['applied', ...Array<string>(7).fill('duplicate')]);
  }
});

test('of one message with different bytes over two connections one is taken, the other is a conflict', async () => {
  const by = workers(2);
  for (let round = 0; round < 20; round += 1) {
    const [one, another] = [rig.clerk.createUser(), rig.clerk.createUser()].map(({ id }) =>
      rig.clerk.outbox.find((event) => event.payload.data['id'] === id),
    );
    if (one === undefined || another === undefined) throw new Error('two events');
    const id = `msg_same_${round}`;
    const taken = await race(by, [[await rig.delivery(one, { id })], [await rig.delivery(another, { id })]]);
    expect(taken.flat().sort()).toEqual(['applied', 'conflict']);
    const kept = await rig.sql`select user_id from rolecall.inbox where id = ${id}`;
    expect(kept).toHaveLength(1);
    const users =
      await rig.sql`select id from rolecall.users where id in (${one.payload.data['id'] as string}, ${another.payload.data['id'] as string})`;
    expect(column(users, 'id')).toEqual(column(kept, 'user_id'));
  }
});

test('the first of two instances to be heard of owns the database, and nothing of the other gets in', async () => {
  const foreign = await startRig({
    instanceId: 'ins_other',
    signingSecret: rig.clerk.signingSecret,
    seed: 8,
  });
  try {
    rig.clerk.createUser({ id: 'user_ours' });
    foreign.clerk.createUser({ id: 'user_theirs' });
    const [ours, theirs] = [await rig.news(), await foreign.news()];
    const taken = (await race(workers(2), [ours, theirs])).flat();
    expect([...taken].sort()).toEqual(['applied', 'wrong_instance']);
    const [pinned] = await rig.sql`select provider_instance from rolecall.instance`;
    expect(pinned?.['provider_instance']).toBe(taken[0] === 'applied' ? 'ins_standin' : 'ins_other');
    const users = await rig.sql`select id from rolecall.users`;
    expect(column(users, 'id')).toEqual([taken[0] === 'applied' ? 'user_ours' : 'user_theirs']);
  } finally {
    await foreign.stop();
  }
});

test('a role that memberships seed at once, each with its own list, grants what all of them grant until it is looked up', async () => {
  const { clerk } = rig;
  const by = workers(6);
  const organization = clerk.createOrganization({ id: 'org_1' });
  clerk.defineRole('org:agent', 'Agent', ['org:chat:read', 'org:chat:write']);
  for (let index = 0; index < 6; index += 1) {
    clerk.createUser({ id: `user_${index}` });
    if (index === 3) clerk.changeRolePermissions('org:agent', ['org:chat:read']);
    clerk.addMember(organization.id, `user_${index}`, 'org:agent');
  }
  const joined = (await rig.news()).filter(({ type }) => type === 'organizationMembership.created');
  await race(
    by,
    joined.map((delivery) => [delivery]),
  );
  const before = await rig.sql`select grants from rolecall.role_keys where key = 'org:agent'`;
  expect(column(before, 'grants')).toEqual([['org:chat:read']]);
  await by[0]?.dispatch();
  expect(await access(rig.sql)).toEqual(providerAccess(clerk));
});

test('a permission that a role loses while somebody joins with it is lost to them too, whoever commits first', async () => {
  const [joins, redefines] = workers(2);
  if (!joins || !redefines) throw new Error('two workers');
  const { clerk, sql } = rig;
  const organization = await seedOrganization(rig, joins, ['user_0']);
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
  await joins.process(await rig.news());
  for (let round = 1; round <= 15; round += 1) {
    clerk.createUser({ id: `user_${round}` });
    clerk.addMember(organization, `user_${round}`, 'org:editor');
    const [, join] = await rig.news();
    clerk.changeRolePermissions('org:editor', round % 2 === 1 ? ['org:posts:read'] : ['org:posts:write']);
    const role = (await rig.news()).filter(({ type }) => type === 'role.updated');
    await race([joins, redefines], [join === undefined ? [] : [join], role]);
    const held = round % 2 === 1 ? 'org:posts:read' : 'org:posts:write';
    const { member } = await readMember(joins, organization, `user_${round}`);
    expect(member?.permissions).toEqual([held]);
    // What the feed told last of the member and the role is what holds now.
    const [last] = await sql`
      select permissions from rolecall.changes
       where user_id = ${`user_${round}`} or (kind = 'role_changed' and role = 'org:editor')
       order by revision desc limit 1`;
    expect(last?.['permissions']).toEqual([held]);
  }
});

test('a commit that rests on an older catalogue is refused, though none of its own rows have moved', async () => {
  const [slow, fast] = workers(2);
  if (!slow || !fast) throw new Error('two workers');
  const { clerk } = rig;
  const organization = await seedOrganization(rig, fast, ['user_0']);
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
  await fast.process(await rig.news());
  clerk.changeRole(organization, 'user_0', 'org:editor');
  const joined = await rig.news();
  const answers: unknown[] = [];
  let interfered = false;
  const late = rig.worker({
    store: (store) => ({
      ...store,
      async commit(commit) {
        if (!interfered) {
          interfered = true;
          clerk.changeRolePermissions('org:editor', ['org:posts:read']);
          await fast.process(await rig.news());
        }
        const answer = await store.commit(commit);
        answers.push(answer);
        return answer;
      },
    }),
  });
  await late.process(joined);
  expect(answers[0]).toBe('moved');
  expect(answers).toHaveLength(2);
  const [change] = await rig.sql`
    select permissions from rolecall.changes where user_id = 'user_0' order by revision desc limit 1`;
  expect(change?.['permissions']).toEqual(['org:posts:read']);
});

test('a role that changes writes a handful of rows, and no membership, with 2,000 members', async () => {
  const { clerk, sql } = rig;
  const [worker] = workers(1);
  if (!worker) throw new Error('a worker');
  clerk.defineRole('org:editor', 'Editor', ['org:posts:read', 'org:posts:write']);
  await worker.process(await rig.news());
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_1', 'user_' || n, 1, 'org:editor', 1, 1, 1 from generate_series(1, 2000) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_1', 'user_' || n, 'orgmem_' || n, 1, 1 from generate_series(1, 2000) as n`;
  const held = async () =>
    column(
      await sql`select count(*)::int as n from rolecall.current_permissions where organization_id = 'org_1'`,
      'n',
    )[0];
  expect(await held()).toBe(4_000);
  const [before] = await sql`select txid_current()::text as id`;
  clerk.changeRolePermissions('org:editor', ['org:posts:read']);
  await worker.process(await rig.news());
  expect(await held()).toBe(2_000);
  const written: Record<string, number> = {};
  for (const table of ['memberships', 'pairs', 'users', 'roles', 'role_keys', 'changes', 'effects']) {
    const [row] = await sql`
      select count(*)::int as n from ${sql(`rolecall.${table}`)} where xmin::text::bigint > ${before?.['id'] as string}::bigint`;
    written[table] = row?.['n'] as number;
  }
  expect(written).toEqual({
    memberships: 0,
    pairs: 0,
    users: 0,
    roles: 1,
    role_keys: 1,
    changes: 1,
    effects: 0,
  });
});

test.each([
  ['stands where it was read', [{ id: 'org_here', expect: 3 }], 'taken'],
  ['is not there still', [{ id: 'org_none', expect: 0 }], 'taken'],
  ['has moved', [{ id: 'org_here', expect: 2 }], 'moved'],
  ['has appeared', [{ id: 'org_here', expect: 0 }], 'moved'],
  ['is gone', [{ id: 'org_none', expect: 3 }], 'moved'],
  [
    'has moved among others that have not',
    [
      { id: 'org_none', expect: 0 },
      { id: 'org_here', expect: 3 },
      { id: 'org_there', expect: 7 },
    ],
    'moved',
  ],
  [
    'has appeared where another is gone',
    [
      { id: 'org_none', expect: 3 },
      { id: 'org_here', expect: 0 },
    ],
    'moved',
  ],
])(
  'of a row that a decision looked at and leaves alone, it is found out whether it %s',
  async (_, checks, ends) => {
    await rig.sql`
    insert into rolecall.organizations (id, row_version) values ('org_here', 3), ('org_there', 6)`;
    const batch = { rows: { organizations: { checks, writes: [] } }, changes: [] };
    const answer = await rig.worker().statements.call('commit_decision', batch);
    expect(answer).toEqual(ends === 'moved' ? { moved: true } : { revision: null, owed: 0 });
  },
);
