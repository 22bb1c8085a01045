import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { column, type Rig, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
let workers: Worker[];
beforeAll(async () => {
  rig = await startRig();
  workers = Array.from({ length: 6 }, () => rig.worker());
});
afterAll(() => rig.stop());

const revision = async () =>
  (await rig.sql`select rolecall.revision()::int as revision`)[0]?.['revision'] as number;

async function bans(count: number) {
  for (let index = 0; index < count; index += 1) rig.clerk.banUser(rig.clerk.createUser().id);
  return rig.news();
}

test('revisions of concurrent writers rise one by one, without a gap', async () => {
  const told = await bans(90);
  await Promise.all(
    workers.map(async (worker, index) => {
      for (const delivery of told.filter((_, at) => at % workers.length === index))
        await worker.process([delivery]);
    }),
  );
  const rows = await rig.sql`select revision::int from rolecall.changes order by revision`;
  expect(rows.length).toBeGreaterThanOrEqual(90);
  expect(column(rows, 'revision')).toEqual(rows.map((_, index) => index + 1));
  expect(await revision()).toBe(rows.length);
});

test('a commit that fails or loses leaves no gap', async () => {
  const [delivery] = (await bans(1)).slice(-1);
  if (delivery === undefined) throw new Error('an event');
  await Promise.all(workers.map((worker) => worker.process([delivery])));
  const [trail] = await rig.sql`select count(*)::int as n, max(revision)::int as last from rolecall.changes`;
  expect(trail).toEqual({ n: await revision(), last: await revision() });
});

test('a reader that polls while many write never sees a revision appear behind one it has seen', async () => {
  const told = await bans(60);
  let writing = true;
  const seen = new Set<number>();
  let behind = 0;
  const reading = (async () => {
    let last = await revision();
    while (writing) {
      const rows =
        await rig.sql`select revision::int from rolecall.changes where revision > ${last} order by revision`;
      for (const row of rows) {
        const next = row['revision'] as number;
        if (next !== last + 1) behind += 1;
        last = next;
        seen.add(next);
      }
    }
  })();
  await Promise.all(
    workers.map(async (worker, index) => {
      for (const delivery of told.filter((_, at) => at % workers.length === index))
        await worker.process([delivery]);
    }),
  );
  writing = false;
  await reading;
  expect(behind).toBe(0);
  expect(seen.size).toBeGreaterThan(0);
});

test('a foreign transaction held open, writes of its own included, holds nothing back', async () => {
  const foreign = postgres(rig.url, { max: 1, onnotice: () => undefined });
  await foreign`create table public.app_data (id int)`;
  await foreign`begin isolation level repeatable read`;
  await foreign`insert into public.app_data values (1)`;
  await foreign`select txid_current()`;
  const before = await revision();
  await workers[0]?.process(await bans(3));
  const [visible] = await rig.sql`select count(*)::int as n from rolecall.changes where revision > ${before}`;
  expect(visible?.['n']).toBeGreaterThanOrEqual(3);
  expect(await revision()).toBe(before + (visible?.['n'] as number));
  await foreign`rollback`;
  await foreign.end();
});

test('what the service wrote into the trail it can neither change nor delete', async () => {
  await rig.sql.begin(async (sql) => {
    await sql`set local role rolecall_service`;
    expect((await sql`select count(*)::int as n from rolecall.changes`)[0]?.['n']).toBeGreaterThan(0);
    for (const statement of [
      'update rolecall.changes set cause = cause',
      'delete from rolecall.changes',
      'truncate rolecall.changes',
    ]) {
      await expect(sql.savepoint((inner) => inner.unsafe(statement))).rejects.toMatchObject({
        code: '42501',
      });
    }
  });
});
