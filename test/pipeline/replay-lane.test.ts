import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runReplay, runReplays } from '../../src/pipeline/replay/run-replays.ts';
import { access, outcomes, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { ALL, replayer } from './support/replays.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const people = (many: number) => Array.from({ length: many }, (_, n) => `user_${n}`);
const forever = Number.POSITIVE_INFINITY;

describe('replays', () => {
  it('that are the same and start at once are one, carried out once by all who wait for it', async () => {
    await seedOrganization(rig, rig.worker(), people(60));
    const [row] = await rig.sql`select count(*)::int as n from rolecall.inbox`;
    const workers = [rig.worker(), rig.worker(), rig.worker()].map((one) => replayer(rig, one));
    const started = await Promise.all(workers.map((one) => one.start({ filter: ALL })));
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
    expect(started.filter(({ joined }) => !joined)).toHaveLength(1);
    const [{ id } = { id: 0 }] = started;
    const ended = await Promise.all(workers.map(({ repeater }) => runReplay(repeater, id, forever)));
    expect(ended).toEqual([true, true, true]);
    const again = await rig.sql`
      select count(*)::int as n, max(attempts) as most from rolecall.inbox where attempts > 1`;
    expect([...again]).toEqual([{ n: row?.['n'] as number, most: 2 }]);
    // Another dry run, or the same one later, is a replay of its own.
    const [first] = workers;
    expect(await first?.start({ filter: ALL }, true)).toMatchObject({ joined: false });
    expect(await first?.start({ filter: ALL })).toMatchObject({ joined: false });
  });

  it('go on where they stood when whoever carried them out is gone, and take nothing twice', async () => {
    await seedOrganization(rig, rig.worker(), people(60));
    const dying = replayer(rig, rig.worker());
    const { id } = await dying.start({ filter: ALL });
    const leased = await dying.replays.leaseReplay(id, 50, 60_000);
    expect(leased).toMatchObject({ begun: 1 });
    // Whoever leased it is gone; another one finds nothing to do until its lease is over.
    expect(await dying.replays.leaseReplay(id, 50, 60_000)).toBeNull();
    await rig.sql`update rolecall.replays set leased_until = now() - interval '1 second'`;
    await replayer(rig, rig.worker()).run();
    const [count] = await rig.sql`
      select count(*)::int as n, max(attempts) as most, min(attempts) as least from rolecall.inbox`;
    expect(count).toMatchObject({ most: 2, least: 2 });
    expect(await dying.replays.readReplay(id)).toMatchObject({ status: 'done', done: Number(count?.['n']) });
    // And the one that comes back after all has lost its right to write.
    const late = {
      replay: leased === null || !('token' in leased) ? null : leased,
      results: [],
      after: null,
    };
    expect(await dying.replays.commitRepeated(null, late)).toBe('stopped');
  });

  it('end before their next page once they are cancelled, and keep what was done', async () => {
    await seedOrganization(rig, rig.worker(), people(120));
    const { replays, repeater, start } = replayer(rig, rig.worker());
    const { id } = await start({ filter: ALL });
    let cancelled = false;
    await runReplay(repeater, id, forever, async () => {
      if (!cancelled) cancelled = await replays.cancelReplay(id, 'bob');
    });
    expect(await replays.readReplay(id)).toMatchObject({
      status: 'cancelled',
      done: 100,
      cancelledBy: 'bob',
    });
    expect(await replays.cancelReplay(id, 'bob')).toBe(false);
    expect(await replays.readReplayed(id, 0, 1000)).toHaveLength(100);
  });

  it('that are cancelled in the middle of a page write nothing of it', async () => {
    await seedOrganization(rig, rig.worker(), people(3));
    const { replays, repeater, start } = replayer(rig, rig.worker());
    const { id } = await start({ filter: ALL });
    const cancelling = {
      ...repeater,
      replays: {
        ...replays,
        async commitRepeated(...args: Parameters<typeof replays.commitRepeated>) {
          await replays.cancelReplay(id, 'bob');
          return replays.commitRepeated(...args);
        },
      },
    };
    expect(await runReplay(cancelling, id, forever)).toBe(true);
    expect(await replays.readReplay(id)).toMatchObject({ status: 'cancelled', done: 0 });
    const touched = await rig.sql`select id from rolecall.inbox where attempts > 1`;
    expect([...touched]).toEqual([]);
  });

  it('take turns: a long one does not keep a short one waiting', async () => {
    await seedOrganization(rig, rig.worker(), people(60));
    const { replays, repeater, start } = replayer(rig, rig.worker());
    const long = await start({ filter: ALL });
    const [row] = await rig.sql`select id from rolecall.inbox limit 1`;
    const short = await start({ ids: [row?.['id'] as string] });
    const pages: number[] = [];
    const noting = {
      ...repeater,
      replays: {
        ...replays,
        async leaseReplay(...args: Parameters<typeof replays.leaseReplay>) {
          const leased = await replays.leaseReplay(...args);
          if (leased !== null) pages.push(leased.id);
          return leased;
        },
      },
    };
    await runReplays(noting, forever);
    expect(pages.slice(0, 2)).toEqual([long.id, short.id]);
    expect(pages.at(-1)).toBe(long.id);
  });

  it('leave out a delivery that ends every process that tries it, and go on behind it', async () => {
    const organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b', 'user_c']);
    for (const id of ['user_a', 'user_b', 'user_c']) rig.clerk.changeRole(organization, id, 'org:member');
    const told = await rig.news();
    const worker = rig.worker();
    await worker.process(told);
    const { replays, start, run } = replayer(rig, worker);
    const { id } = await start({ ids: told.map((one) => one.id) });
    // Five times a process took a page and was never heard of again.
    const sizes: number[] = [];
    for (let died = 0; died < 5; died += 1) {
      const leased = await replays.leaseReplay(id, 50, 60_000);
      if (leased !== null && 'deliveries' in leased) sizes.push(leased.deliveries.length);
      await rig.sql`update rolecall.replays set leased_until = now() - interval '1 second'`;
    }
    expect(sizes).toEqual([3, 3, 1, 1, 1]);
    await run();
    const results = await replays.readReplayed(id, 0, 10);
    expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'stale', 'stale']);
    expect(await replays.readReplay(id)).toMatchObject({ status: 'done', done: 3 });
  });
});

describe('failed deliveries', () => {
  it('are tried again by themselves, at growing distances, and succeed once the cause is gone', async () => {
    const organization = await seedOrganization(rig, rig.worker(), ['user_a']);
    let broken = true;
    const worker = rig.worker({
      store: (store) => ({
        ...store,
        async read(keys) {
          if (broken && keys.pairs.length > 0) throw new RangeError('a mistake of ours');
          return store.read(keys);
        },
      }),
    });
    rig.clerk.changeRole(organization, 'user_a', 'org:member');
    const told = await rig.news();
    expect(outcomes(await worker.process(told))).toEqual(['failed']);
    const { run } = replayer(rig, worker);
    const due = () => rig.sql`
      update rolecall.inbox set retry_at = now() - interval '1 second' where outcome = 'failed'`;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await due();
      expect(await run()).toBe(1);
      const [row] = await rig.sql`
        select extract(epoch from retry_at - now())::float as wait from rolecall.inbox where outcome = 'failed'`;
      waits.push(Math.round(row?.['wait'] as number));
      expect(await run()).toBe(0);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(new Set(waits).size).toBe(3);
    broken = false;
    await due();
    await run();
    const [row] =
      await rig.sql`select outcome, attempts, retry_at from rolecall.inbox where id = ${told[0]?.id ?? ''}`;
    expect(row).toEqual({ outcome: 'applied', attempts: 5, retry_at: null });
    expect(await access(rig.sql)).toContainEqual(expect.stringContaining('user_a org:member'));
    const history = await rig.sql`select attempt, cause, outcome from rolecall.attempts order by attempt`;
    expect(history.map(({ cause, outcome }) => `${cause} ${outcome}`)).toEqual([
      'delivery failed',
      'retry failed',
      'retry failed',
      'retry failed',
      'retry applied',
    ]);
  });

  it('that were tried forty times, or whose body is gone, wait for an operator, and a lookup is owed', async () => {
    const organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    const worker = rig.worker({
      store: (store) => ({
        ...store,
        async read(keys) {
          if (keys.pairs.length > 0) throw new RangeError('a mistake of ours');
          return store.read(keys);
        },
      }),
    });
    for (const id of ['user_a', 'user_b']) rig.clerk.changeRole(organization, id, 'org:member');
    const [first, second] = await rig.news();
    if (first === undefined || second === undefined) throw new Error('two deliveries');
    await worker.process([first, second]);
    await rig.sql`update rolecall.effects set status = 'done' where status = 'owed'`;
    await rig.sql`
      update rolecall.inbox set attempts = 39, retry_at = now() - interval '1 second' where id = ${first.id}`;
    await rig.sql`
      update rolecall.inbox set body = null, retry_at = now() - interval '1 second' where id = ${second.id}`;
    const { run } = replayer(rig, worker);
    expect(await run()).toBe(2);
    const rows = await rig.sql`
      select outcome, reason, retry_at::text as retry_at from rolecall.inbox where outcome = 'failed'`;
    expect([...rows]).toEqual(
      [0, 1].map(() => ({ outcome: 'failed', reason: 'refused_by_database', retry_at: 'infinity' })),
    );
    const owed = await rig.sql`select kind, user_id from rolecall.effects where status = 'owed'`;
    expect([...owed]).toEqual([{ kind: 'lookup_member', user_id: 'user_a' }]);
    expect(await run()).toBe(0);
  });
});
