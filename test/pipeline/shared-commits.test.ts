import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Delivery, StoreUnavailable } from '../../src/pipeline/ports.ts';
import { shareCommits } from '../../src/pipeline/share-commits.ts';
import { postgresStatements } from '../../src/store/postgres/client.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { postgresStore } from '../../src/store/postgres/store.ts';
import { column, outcomes, type Rig, seedOrganization, startRig } from '../support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

/** A worker that counts what it says to the database. */
function counting() {
  const calls: string[] = [];
  const statements = postgresStatements(rig.url, { connections: 4 });
  const worker = rig.worker({
    store: () =>
      postgresStore(
        {
          ...statements,
          call(name, argument) {
            calls.push(name);
            return statements.call(name, argument);
          },
        },
        emptyMemory(),
      ),
  });
  return { worker, calls, end: () => statements.end() };
}

/** Makes the database refuse one membership, whatever is told of it. */
async function poison(membership: string): Promise<void> {
  await rig.sql.unsafe(`
    create function public.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'refused'; end $$;
    create trigger refuse before insert or update on rolecall.memberships
      for each row when (new.id = '${membership}') execute function public.refuse()`);
}

test('requests that come while a commit is under way share the next one', async () => {
  const { worker, calls, end } = counting();
  for (let index = 0; index < 64; index += 1) rig.clerk.createUser();
  const share = shareCommits(worker.process);
  const answers = await Promise.all((await rig.news()).map((delivery) => share(delivery)));
  expect(new Set(outcomes(answers))).toEqual(new Set(['applied']));
  // The first goes alone, at once; eight go beside it, and the other 55 gather behind these.
  expect(calls.filter((name) => name === 'commit_decision')).toHaveLength(3);
  await end();
});

test('two commits are under way at once, never three, and each is as large as the one before it', async () => {
  const waiting: { readonly size: number; readonly end: () => void }[] = [];
  const share = shareCommits(async (deliveries) => {
    await new Promise<void>((end) => {
      waiting.push({ size: deliveries.length, end });
    });
    return deliveries.map(() => ({ outcome: 'duplicate' as const }));
  });
  rig.clerk.createUser();
  const [delivery] = await rig.news();
  if (delivery === undefined) throw new Error('an event');
  const answers = Array.from({ length: 100 }, () => share(delivery));
  expect(waiting.map(({ size }) => size)).toEqual([1, 8]);
  waiting[0]?.end();
  await answers[0];
  await expect.poll(() => waiting).toHaveLength(3);
  expect(waiting.map(({ size }) => size)).toEqual([1, 8, 91]);
  for (const { end } of waiting) end();
  await Promise.all(answers);
});

test('what may take access away waits for nobody who joins, and shares no commit with them; neither keeps the other waiting', async () => {
  const commits: { readonly of: string; readonly end: () => void }[] = [];
  const share = shareCommits(async (deliveries) => {
    const types = deliveries.map(({ type }) => type?.split('.')[1] ?? '');
    await new Promise<void>((end) => {
      commits.push({ of: `${types.length} ${[...new Set(types)].join()}`, end });
    });
    return deliveries.map(() => ({ outcome: 'duplicate' as const }));
  });
  const organization = await seedOrganization(rig, rig.worker(), ['user_a']);
  rig.clerk.createUser({ id: 'user_b' });
  await rig.news();
  rig.clerk.addMember(organization, 'user_b', 'org:member');
  const [joined] = await rig.news();
  rig.clerk.removeMember(organization, 'user_b');
  const [left] = await rig.news();
  if (joined === undefined || left === undefined) throw new Error('two events');
  const begun = () => commits.map((one) => one.of);

  const many = (length: number, delivery: Delivery) => Array.from({ length }, () => share(delivery));

  const answers = many(3, joined);
  expect(begun()).toEqual(['1 created']);
  answers.push(share(left));
  expect(begun()).toEqual(['1 created', '1 deleted']);
  answers.push(...many(20, left), ...many(20, joined));
  commits[0]?.end();
  await expect.poll(begun).toEqual(['1 created', '1 deleted', '22 created']);
  commits[1]?.end();
  await expect.poll(begun).toEqual(['1 created', '1 deleted', '22 created', '20 deleted']);
  // Of one lane alone a second one is as large as the first, and has its turn after what came to the other.
  commits[3]?.end();
  answers.push(...many(30, joined));
  await expect.poll(() => begun().slice(4)).toEqual(['30 created']);
  answers.push(...many(40, joined), share(left));
  commits[2]?.end();
  await expect.poll(() => begun().slice(4)).toEqual(['30 created', '1 deleted']);
  for (const { end } of commits) end();
  await expect.poll(() => begun().slice(6)).toEqual(['40 created']);
  commits.at(-1)?.end();
  await Promise.all(answers);
});

test('large bodies are spread over several commits, and one that is too large for any goes alone', async () => {
  const sizes: number[][] = [];
  const share = shareCommits((deliveries) => {
    sizes.push(deliveries.map((one) => one.body.byteLength));
    return Promise.resolve(deliveries.map(() => ({ outcome: 'duplicate' as const })));
  });
  rig.clerk.createUser();
  const [delivery] = await rig.news();
  if (delivery === undefined) throw new Error('an event');
  const half = 1_100_000;
  const bodies = [1, half, half, half, 3_000_000, 1, 1];
  await Promise.all(bodies.map((size) => share({ ...delivery, body: new Uint8Array(size) })));
  expect(sizes).toEqual([[1], [half], [half], [half], [3_000_000], [1, 1]]);
});

test('an answer is given only when the commit that carries it has ended', async () => {
  let commit = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const worker = rig.worker({
    store: (store) => ({
      ...store,
      async commit(what) {
        await held;
        return store.commit(what);
      },
    }),
  });
  const share = shareCommits(worker.process);
  for (let index = 0; index < 3; index += 1) rig.clerk.createUser();
  let answered = 0;
  const answers = (await rig.news()).map((delivery) =>
    share(delivery).then((answer) => {
      answered += 1;
      return answer;
    }),
  );
  expect(await rig.sql`select id from rolecall.inbox`).toHaveLength(0);
  expect(answered).toBe(0);
  commit();
  await Promise.all(answers);
  expect(await rig.sql`select id from rolecall.inbox`).toHaveLength(3);
});

test('a database that is down fails those of the batch, and the next batch is taken', async () => {
  let down = true;
  const worker = rig.worker({
    store: (store) => ({
      ...store,
      read: (keys) => (down ? Promise.reject(new StoreUnavailable('down')) : store.read(keys)),
    }),
  });
  const share = shareCommits(worker.process);
  for (let index = 0; index < 4; index += 1) rig.clerk.createUser();
  const told = await rig.news();
  const refused = await Promise.allSettled(told.map((delivery) => share(delivery)));
  expect(refused.map((one) => one.status)).toEqual(Array(4).fill('rejected'));
  down = false;
  expect(outcomes(await Promise.all(told.map((delivery) => share(delivery))))).toEqual(
    Array(4).fill('applied'),
  );
});

test('a delivery that the database refuses is stored alone as failed, its neighbours are applied, a lookup is owed', async () => {
  const { clerk, sql } = rig;
  const worker = rig.worker();
  const organization = await seedOrganization(rig, worker, [
    'user_0',
    'user_1',
    'user_2',
    'user_3',
    'user_4',
  ]);
  const [spoilt] = [...clerk.state.memberships.values()].filter(({ userId }) => userId === 'user_3');
  await poison(spoilt?.id ?? '');
  for (let index = 0; index < 5; index += 1) clerk.changeRole(organization, `user_${index}`, 'org:member');
  const told = await rig.news();
  const answers = await worker.process(told);
  expect(outcomes(answers)).toEqual(['applied', 'applied', 'applied', 'failed', 'applied']);

  const [kept] = await sql`
    select outcome, reason, convert_from(body, 'utf8') as body from rolecall.inbox where id = ${told[3]?.id ?? ''}`;
  expect(kept).toMatchObject({ outcome: 'failed', reason: 'refused_by_database' });
  expect(kept?.['body']).toBe(new TextDecoder().decode(told[3]?.body));
  const owed =
    await sql`select kind, user_id, organization_id from rolecall.effects where kind = 'lookup_member' and status = 'owed'`;
  expect([...owed]).toEqual([{ kind: 'lookup_member', user_id: 'user_3', organization_id: organization }]);
  const roles = await sql`select user_id, role from rolecall.members order by user_id`;
  expect(column(roles, 'role')).toEqual([
    'org:member',
    'org:member',
    'org:member',
    'org:admin',
    'org:member',
  ]);
  expect(outcomes(await worker.process(told))).toEqual(Array(5).fill('duplicate'));
});

test('several that are refused in one batch are each stored, and a lookup whose answer is refused is retried, not repeated at once', async () => {
  const { clerk, sql } = rig;
  const worker = rig.worker();
  const organization = await seedOrganization(rig, worker, ['user_0', 'user_1']);
  await sql.unsafe(`
    create function public.refuse_all() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refuse_all before insert or update on rolecall.memberships for each row execute function public.refuse_all()`);
  clerk.changeRole(organization, 'user_0', 'org:member');
  clerk.updateUser('user_0', {});
  clerk.changeRole(organization, 'user_1', 'org:member');
  expect(outcomes(await worker.process(await rig.news()))).toEqual(['failed', 'applied', 'failed']);

  await worker.dispatch();
  const owed = await sql`
    select user_id, attempts, last_error, due_at - owed_at > interval '400 ms' as waits from rolecall.effects
     where kind = 'lookup_member' and status = 'owed' order by user_id`;
  expect([...owed]).toEqual([
    { user_id: 'user_0', attempts: 1, last_error: 'refused_by_database', waits: true },
    { user_id: 'user_1', attempts: 1, last_error: 'refused_by_database', waits: true },
  ]);
  await sql`drop trigger refuse_all on rolecall.memberships`;
  await rig.hurry();
  await worker.dispatch();
  const roles = await sql`select role from rolecall.members`;
  expect(column(roles, 'role')).toEqual(['org:member', 'org:member']);
});

test('a schema that does not fit fails nobody’s delivery: it is refused, to be sent again', async () => {
  const worker = rig.worker();
  rig.clerk.createUser();
  const told = await rig.news();
  await rig.sql`alter table rolecall.users rename column suspended to banned`;
  await expect(worker.process(told)).rejects.toBeInstanceOf(StoreUnavailable);
  await rig.sql`alter table rolecall.users rename column banned to suspended`;
  expect(outcomes(await worker.process(told))).toEqual(['applied']);
});
