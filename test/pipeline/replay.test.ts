import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/pipeline/ports.ts';
import { access, outcomes, providerAccess, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { ALL, replayer } from './support/replays.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

/** As when the database refuses what one membership's decision writes. */
function refusing(store: Store, user: () => string | null): Store {
  return {
    ...store,
    async read(keys) {
      const reading = await store.read(keys);
      if (keys.pairs.some(([, one]) => one === user())) throw new RangeError('a mistake of ours');
      return reading;
    },
  };
}

const row = async (id: string) => {
  const [found] = await rig.sql`
    select outcome, reason, attempts, retry_at::text as retry_at from rolecall.inbox where id = ${id}`;
  return found;
};

/** A promotion and a demotion that failed, by a mistake that is mended afterwards. */
async function failedOnce() {
  const organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
  let broken: string | null = 'user_a';
  const worker = rig.worker({ store: (store) => refusing(store, () => broken) });
  rig.clerk.changeRole(organization, 'user_a', 'org:member');
  const [told] = await rig.news();
  if (told === undefined) throw new Error('nothing was told');
  expect(outcomes(await worker.process([told]))).toEqual(['failed']);
  return {
    organization,
    worker,
    told,
    mend: () => {
      broken = null;
    },
  };
}

describe('a replay', () => {
  it('of a delivery that failed takes the loss at once, says who lost what, and keeps the history', async () => {
    const { organization, worker, told, mend } = await failedOnce();
    mend();
    const { results, replay } = await replayer(rig, worker).replay({ ids: [told.id] });
    expect(results).toEqual([
      {
        position: 1,
        delivery: told.id,
        outcome: 'applied',
        reason: 'newer',
        differences: [
          {
            organization,
            user: 'user_a',
            agent: null,
            role: 'org:member',
            gained: [],
            lost: expect.arrayContaining(['org:sys_memberships:manage']) as unknown,
          },
        ],
        owed: expect.any(Number) as unknown,
      },
    ]);
    expect(replay).toMatchObject({ status: 'done', total: 1, done: 1, outcomes: { applied: 1 }, by: 'ann' });
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
    expect(await row(told.id)).toEqual({ outcome: 'applied', reason: 'newer', attempts: 2, retry_at: null });
    const history = await rig.sql`
      select attempt, cause, replay_id::int as replay, outcome, reason from rolecall.attempts order by attempt`;
    expect([...history]).toEqual([
      { attempt: 1, cause: 'delivery', replay: null, outcome: 'failed', reason: 'refused_by_database' },
      { attempt: 2, cause: 'replay', replay: 1, outcome: 'applied', reason: 'newer' },
    ]);
    const [change] = await rig.sql`
      select cause from rolecall.changes where delivery_id = ${told.id} order by revision desc limit 1`;
    expect(change?.['cause']).toBe('replay:1');
  });

  it('that is only tried says the same and changes nothing', async () => {
    const { worker, told, mend } = await failedOnce();
    mend();
    const everything = async () => [
      await rig.sql`select * from rolecall.memberships order by id`,
      await rig.sql`select * from rolecall.inbox order by id`,
      await rig.sql`select * from rolecall.changes order by revision`,
      await rig.sql`select * from rolecall.effects order by id`,
      await rig.sql`select * from rolecall.attempts`,
      await rig.sql`select revision from rolecall.counter`,
    ];
    const before = await everything();
    const tried = await replayer(rig, worker).replay({ ids: [told.id] }, true);
    expect(await everything()).toEqual(before);
    const done = await replayer(rig, worker).replay({ ids: [told.id] });
    expect(tried.results).toEqual(done.results);
    expect(tried.results[0]?.differences).toHaveLength(1);
  });

  it('of what is known already is written down, and writes none of it anew', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    const facts = async () => [
      await rig.sql`select xmin, * from rolecall.memberships order by id`,
      await rig.sql`select xmin, * from rolecall.pairs order by organization_id, user_id`,
      await rig.sql`select xmin, * from rolecall.organizations order by id`,
    ];
    const before = await facts();
    const { replay } = await replayer(rig, rig.worker()).replay({ filter: ALL });
    expect(replay).toMatchObject({ status: 'done', outcomes: { stale: expect.any(Number) as unknown } });
    expect(await facts()).toEqual(before);
  });

  it('never gives anybody access by itself: Clerk is asked, after everybody else’s questions', async () => {
    const organization = await seedOrganization(rig, rig.worker(), ['user_a']);
    const worker = rig.worker();
    const { clerk, sql } = rig;
    clerk.createUser({ id: 'user_late' });
    clerk.addMember(organization, 'user_late', 'org:admin');
    const joined = await rig.news();
    await worker.process(joined);
    clerk.removeMember(organization, 'user_late');
    const removed = await rig.news();
    // Neither was heard of, as after a restored backup; only the inbox still has them.
    await worker.process(removed);
    await sql`delete from rolecall.pairs where user_id = 'user_late'`;
    await sql`delete from rolecall.memberships where user_id = 'user_late'`;
    await sql`update rolecall.effects set status = 'done' where status = 'owed'`;
    const before = await access(sql);
    const created = joined.find(({ type }) => type === 'organizationMembership.created');
    const { results } = await replayer(rig, worker).replay({ ids: [created?.id ?? ''] });
    expect(results).toMatchObject([{ outcome: 'held', reason: 'late_gain', differences: [] }]);
    expect(await access(sql)).toEqual(before);
    const owed =
      await sql`select kind, lane from rolecall.effects where status = 'owed' and user_id = 'user_late'
                              and kind = 'lookup_member'`;
    expect([...owed]).toEqual([{ kind: 'lookup_member', lane: 3 }]);
    await worker.dispatch();
    expect(await access(sql)).toEqual(providerAccess(clerk));
  });

  it('names what cannot be replayed: unknown ids, bodies that were pruned or never kept, unproved and altered ones', async () => {
    const worker = rig.worker();
    const { clerk, sql } = rig;
    for (const id of ['user_a', 'user_b']) clerk.createUser({ id });
    const [first, second] = await rig.news();
    if (first === undefined || second === undefined) throw new Error('two deliveries');
    await worker.process([first, second]);
    const { webhooks } = replayer(rig, worker).repeater;
    const unproved = webhooks.keepUnbelieved(first.body, Date.now());
    await worker.process([unproved]);
    await sql`update rolecall.inbox set body = null where id = ${first.id}`;
    await sql`update rolecall.inbox set body = 'x' where id = ${second.id}`;
    const { results, replay } = await replayer(rig, worker).replay({
      ids: ['msg_never', first.id, second.id, unproved.id],
    });
    expect(results.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['not_found', 'not_found'],
      ['no_payload', 'no_payload'],
      ['failed', 'altered'],
      ['failed', 'not_proved_again'],
    ]);
    expect(replay?.outcomes).toEqual({ not_found: 1, no_payload: 1, failed: 2 });
    expect(await row(first.id)).toMatchObject({ outcome: 'applied', attempts: 1 });
    expect(await row(unproved.id)).toMatchObject({ outcome: 'failed', attempts: 1 });
  });

  it('leaves out the one on which it breaks, and never its neighbours', async () => {
    const organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b', 'user_c']);
    const worker = rig.worker({ store: (store) => refusing(store, () => 'user_b') });
    for (const id of ['user_a', 'user_b', 'user_c']) rig.clerk.changeRole(organization, id, 'org:member');
    const told = await rig.news();
    for (const [n, one] of told.entries()) {
      await rig.sql`
        insert into rolecall.inbox (id, source, type, user_id, body, body_sha256, outcome, reason, received_at)
        values (${one.id}, 'webhook', ${one.type}, ${one.userId}, ${Buffer.from(one.body)},
                ${Buffer.from(one.sha256, 'hex')}, 'failed', 'malformed data', ${new Date(1e12 + n)})`;
    }
    const { results } = await replayer(rig, worker).replay({ filter: { ...ALL, status: 'failed' } });
    expect(results.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['applied', 'newer'],
      ['failed', 'refused_by_database'],
      ['applied', 'newer'],
    ]);
    const spoilt = await row(told[1]?.id ?? '');
    expect(spoilt).toMatchObject({ outcome: 'failed', reason: 'refused_by_database', retry_at: 'infinity' });
    const owed = await rig.sql`
      select user_id from rolecall.effects where kind = 'lookup_member' and status = 'owed'`;
    expect([...owed]).toEqual([{ user_id: 'user_b' }]);
  });

  it('of a ban or a deletion that failed says what is lost in every organization', async () => {
    const { clerk, sql } = rig;
    const one = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    const other = clerk.createOrganization({ id: 'org_other' });
    clerk.addMember(other.id, 'user_a', 'org:member');
    await rig.worker().process(await rig.news());
    const held = await access(sql);
    let broken = true;
    const worker = rig.worker({
      store: (store) => ({
        ...store,
        async read(keys) {
          if (broken && keys.users.length + keys.organizations.length > 0) throw new RangeError('a mistake');
          return store.read(keys);
        },
      }),
    });
    clerk.banUser('user_a');
    clerk.deleteOrganization(one);
    const told = (await rig.news()).filter(
      ({ type }) => type === 'user.updated' || type === 'organization.deleted',
    );
    expect(outcomes(await worker.process(told))).toEqual(['failed', 'failed']);
    broken = false;
    const { results } = await replayer(rig, worker).replay({ ids: told.map(({ id }) => id) });
    const lost = results.flatMap(({ differences }) =>
      differences.map(({ organization, user, lost }) => `${organization} ${user} ${lost.length > 0}`),
    );
    expect([...lost].sort()).toEqual([
      'org_other user_a true',
      'org_user_a user_a true',
      'org_user_a user_b true',
    ]);
    expect(held).toHaveLength(3);
    expect((await access(sql)).filter((line) => !line.endsWith(' '))).toEqual([]);
  });
});
