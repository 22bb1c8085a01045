import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LeasedEffect } from '../../src/pipeline/ports.ts';
import { plenty, type Rig, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
let worker: Worker;
beforeEach(async () => {
  rig = await startRig();
  worker = rig.worker();
});
afterEach(() => rig.stop());

const LANES = { removal: 0, lookup: 1, reduction: 2, bulk: 3 };

function lease(most: number, budget = plenty, leaseMs = 30_000, by = worker): Promise<LeasedEffect[]> {
  return by.store.leaseEffects({ ...budget, most, leaseMs, revoke: true });
}

/** Owes what a decision would, `count` revocations of a lane. */
async function owe(lane: keyof typeof LANES, count: number, cutoff = 1): Promise<void> {
  await rig.sql`
    select rolecall.owe_effects(jsonb_agg(jsonb_build_object('kind', 'revoke_sessions', 'lane', ${LANES[lane]}::int,
             'userId', 'user_' || ${lane}::text || n, 'cutoff', ${cutoff}::bigint, 'onlyWhenLast', false)), false)
      from generate_series(1, ${count}::int) as n`;
}

const users = (leased: readonly LeasedEffect[]) =>
  leased.map(({ effect }) => ('userId' in effect ? effect.userId : effect.kind));
const done = { result: 'done' } as const;

test('workers that lease at once never get the same effect, and count the attempt before they start it', async () => {
  await owe('removal', 40);
  const workers = Array.from({ length: 5 }, () => rig.worker());
  const leased = (await Promise.all(workers.map((by) => lease(10, plenty, 30_000, by)))).flat();
  expect(new Set(leased.map(({ id }) => id)).size).toBe(leased.length);
  expect(leased).toHaveLength(40);
  const rows =
    await rig.sql`select distinct attempts, lease_token is not null as leased from rolecall.effects`;
  expect([...rows]).toEqual([{ attempts: 1, leased: true }]);
  expect(await lease(10)).toEqual([]);
});

test('a row that somebody else has locked is passed over, not waited for', async () => {
  await owe('removal', 3);
  await rig.sql.begin(async (sql) => {
    await sql`select from rolecall.effects where user_id = 'user_removal2' for update`;
    expect(users(await lease(10)).sort()).toEqual(['user_removal1', 'user_removal3']);
  });
});

test('one removal behind 10,000 reductions and mass work that waited longer is leased first', async () => {
  await owe('bulk', 5_000);
  await owe('reduction', 5_000);
  await owe('removal', 1);
  const [first, second] = users(await lease(2));
  expect(first).toBe('user_removal1');
  expect(second).toContain('user_reduction');
});

test('a lease that ran out is somebody else’s, and whoever comes too late changes nothing', async () => {
  await owe('removal', 1);
  const [late] = await lease(1, plenty, 0);
  const [again] = await lease(1);
  if (late === undefined || again === undefined) throw new Error('two leases');
  expect(again).toMatchObject({ id: late.id, attempts: 2 });
  const before = await rig.sql`select * from rolecall.effects`;
  expect(await worker.store.settleEffect(late, done, 1)).toBe('lost_lease');
  expect(await worker.store.settleEffect(late, { result: 'dead', error: 'x' }, 1)).toBe('lost_lease');
  expect(await rig.sql`select * from rolecall.effects`).toEqual(before);
  expect(await worker.store.settleEffect(again, done, 1)).toBe('done');
  expect(await worker.store.settleEffect(again, done, 1)).toBe('lost_lease');
});

test('a lease that ran out but was taken by nobody can still be settled: what was done is done', async () => {
  await owe('removal', 1);
  const [late] = await lease(1, plenty, 0);
  if (late === undefined) throw new Error('a lease');
  expect(await worker.store.settleEffect(late, done, 1)).toBe('done');
});

test('what more is owed while an attempt runs is done again, at once, with attempts of its own', async () => {
  await owe('reduction', 1, 100);
  const [running] = await lease(1);
  if (running === undefined) throw new Error('a lease');
  await owe('reduction', 1, 200);
  expect(await lease(1)).toEqual([]);
  expect(await worker.store.settleEffect(running, done, 1)).toBe('again');
  const [again] = await lease(1);
  expect(again).toMatchObject({ id: running.id, attempts: 1, effect: { cutoff: 200 } });
});

test('even an attempt that is given up is made again when more was owed meanwhile', async () => {
  await owe('reduction', 1, 100);
  const [running] = await lease(1);
  if (running === undefined) throw new Error('a lease');
  await owe('reduction', 1, 200);
  expect(await worker.store.settleEffect(running, { result: 'dead', error: 'x' }, 1)).toBe('again');
});

test('what is owed twice for one user is one effect: the latest cutoff, the most urgent lane, the stricter condition', async () => {
  const both = [
    { kind: 'revoke_sessions', lane: 0, userId: 'user_a', cutoff: 100, onlyWhenLast: true },
    { kind: 'revoke_sessions', lane: 2, userId: 'user_a', cutoff: 300, onlyWhenLast: false },
    { kind: 'revoke_sessions', lane: 3, userId: 'user_a', cutoff: 200, onlyWhenLast: true },
  ];
  for (const one of both) await rig.sql`select rolecall.owe_effects(${rig.sql.json([one])}, false)`;
  const rows =
    await rig.sql`select lane, cutoff::int, only_when_last, status, generation from rolecall.effects`;
  expect([...rows]).toEqual([{ lane: 0, cutoff: 300, only_when_last: false, status: 'owed', generation: 3 }]);
});

test('news for one who waits for a retry is a reason to try now; one who waits for a turn keeps the place', async () => {
  await owe('removal', 3);
  await rig.sql`update rolecall.effects set due_at = now() + interval '1 hour' where user_id = 'user_removal1'`;
  await rig.sql`update rolecall.effects set due_at = now() - interval '1 hour' where user_id = 'user_removal3'`;
  await owe('removal', 3);
  expect(users(await lease(1))).toEqual(['user_removal3']);
  expect(users(await lease(10)).sort()).toEqual(['user_removal1', 'user_removal2']);
});

test('a lease takes no more than the bucket holds, in calls: a revocation lists and revokes, a lookup asks once', async () => {
  const development = { callsPerSecond: 0, burst: 30 };
  await owe('removal', 40);
  await fill(30);
  const leased = await lease(40, development);
  expect(leased.map(({ calls }) => calls)).toEqual(Array(10).fill(3));
  expect(await lease(40, development)).toEqual([]);
  // One that used a single call gives back two, one that used six takes three more.
  const [first, second] = leased;
  if (first === undefined || second === undefined) throw new Error('leases');
  await worker.store.settleEffect(first, done, 1);
  expect(await tokens()).toBe(2);
  await worker.store.settleEffect(second, done, 6);
  expect(await tokens()).toBe(-1);
});

test('reductions leave a fifth of the bucket to removals and lookups', async () => {
  const production = { callsPerSecond: 0, burst: 300 };
  await owe('reduction', 50);
  await fill(300);
  const leased = await lease(50, production);
  expect(leased.reduce((sum, { calls }) => sum + calls, 0)).toBe(240);
  expect(await lease(50, production)).toEqual([]);
  await owe('removal', 2);
  await rig.sql`select rolecall.owe_effects('[{"kind": "lookup_user", "userId": "user_x", "lane": 1}]', false)`;
  expect(users(await lease(50, production))).toEqual(['user_removal1', 'user_removal2']);
});

test('the bucket refills with time, for all workers together, and no further than its brim', async () => {
  await rig.sql`update rolecall.provider_budget set tokens = 0, refilled_at = now() - interval '2 seconds'`;
  await owe('removal', 100);
  const workers = Array.from({ length: 4 }, () => rig.worker());
  const budget = { callsPerSecond: 3, burst: 30 };
  const leased = (await Promise.all(workers.map((by) => lease(100, budget, 30_000, by)))).flat();
  expect(leased).toHaveLength(2);
  await rig.sql`update rolecall.provider_budget set tokens = 0, refilled_at = now() - interval '1 day'`;
  expect((await lease(100, budget)).length).toBe(10);
});

test('a 429 that one worker meets keeps all of them from the provider until it is over', async () => {
  await owe('removal', 2);
  const [met] = await lease(1);
  if (met === undefined) throw new Error('a lease');
  const paused = { result: 'paused', error: 'rate_limited', retryInMs: 60_000, pauseMs: 60_000 } as const;
  expect(await worker.store.settleEffect(met, paused, 1)).toBe('retry');
  expect(await lease(10, plenty, 30_000, rig.worker())).toEqual([]);
  const [row] = await rig.sql`select attempts from rolecall.effects where id = ${met.id}`;
  expect(row?.['attempts']).toBe(0);
  await rig.sql`update rolecall.provider_budget set paused_until = now()`;
  expect(users(await lease(10))).toEqual(['user_removal2']);
});

test('while nothing is due, looking for it neither locks nor writes', async () => {
  await owe('removal', 1);
  await rig.sql`update rolecall.effects set due_at = now() + interval '1 hour'`;
  await rig.sql.begin(async (sql) => {
    await sql`select from rolecall.provider_budget for update`;
    expect(await lease(10)).toEqual([]);
  });
});

async function fill(tokens: number): Promise<void> {
  await rig.sql`update rolecall.provider_budget set tokens = ${tokens}, refilled_at = now()`;
}

async function tokens(): Promise<number> {
  const [row] = await rig.sql`select tokens::float8 as tokens from rolecall.provider_budget`;
  return row?.['tokens'] as number;
}
