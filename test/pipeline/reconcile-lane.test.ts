import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Provider, type ProviderPage, StoreUnavailable } from '../../src/pipeline/ports.ts';
import { keepReconciled } from '../../src/pipeline/reconcile/keep-reconciled.ts';
import { access, plenty, providerAccess, type Rig, startRig, type Worker } from '../support/rig.ts';
import { answerLookups } from './support/lookups.ts';
import { everyFact, reconcilerOf } from './support/reconciliations.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const agree = async () => expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));

/** What Clerk has, of which we know nothing. */
async function members(many: number): Promise<void> {
  rig.clerk.createOrganization({ id: 'org_1' });
  for (let n = 0; n < many; n += 1) {
    rig.clerk.createUser({ id: `user_${n}` });
    rig.clerk.addMember('org_1', `user_${n}`, 'org:member');
  }
  await rig.news();
}

const row = async (id: number) => {
  const [found] = await rig.sql`
    select status, stage, problem, attempts, due_at > now() as waits from rolecall.reconciliations where id = ${id}`;
  return found;
};

describe('a reconciliation under way', () => {
  it('that two start at once is one, and two that carry it out do each page once', async () => {
    await members(620);
    const [one, other] = [reconcilerOf(rig.worker()), reconcilerOf(rig.worker())];
    const started = await Promise.all([one.start(), other.start(), one.start({ dryRun: true })]);
    expect(started.map(({ id }) => id)).toEqual([started[0].id, started[0].id, expect.any(Number)]);
    expect(started[2].id).not.toBe(started[0].id);
    expect(started.filter(({ joined }) => joined)).toHaveLength(1);
    await Promise.all([one.run(), other.run()]);
    await one.run();
    const { id } = started[0];
    expect(await row(id)).toMatchObject({ status: 'done', attempts: 0 });
    const missing = await rig.sql`
      select count(*)::int as many, count(distinct subject)::int as subjects from rolecall.drift
       where reconciliation_id = ${id} and kind = 'missing'`;
    expect([...missing]).toEqual([{ many: 620, subjects: 620 }]);
    await agree();
  });

  it('reads a page once, however many of it are decided on in parts', async () => {
    await members(420);
    let reads = 0;
    const worker = rig.worker({
      store: (store) => ({
        ...store,
        async read(keys) {
          if (keys.pairs.length > 0) reads += 1;
          return store.read(keys);
        },
      }),
    });
    const { reconciliation } = await reconcilerOf(worker).reconcile();
    expect(reconciliation).toMatchObject({ status: 'done', drift: { missing: 420 } });
    expect(reads).toBe(1);
    await agree();
  });

  it('whose page moves under it reads again what has moved, and nobody joins who has left', async () => {
    await members(220);
    const fresh = rig.worker();
    let read = false;
    const worker = rig.worker({
      store: (store) => ({
        ...store,
        async read(keys) {
          const reading = await store.read(keys);
          if (keys.pairs.length > 0 && !read) {
            read = true;
            for (const user of ['user_0', 'user_219']) rig.clerk.removeMember('org_1', user);
            await fresh.process(await rig.news());
          }
          return reading;
        },
      }),
    });
    await reconcilerOf(worker).reconcile();
    await answerLookups(rig, rig.worker());
    await agree();
  });

  it('that is killed in the middle of a page goes on there when the lease is over, and repeats nothing', async () => {
    await members(620);
    const worker = rig.worker();
    let commits = 0;
    const dying = reconcilerOf({
      ...worker,
      statements: {
        ...worker.statements,
        // As a process that ends: with its third commit of members nothing reaches the database any more.
        async call(name, argument) {
          if (name === 'commit_reconciled' && JSON.stringify(argument).includes('"missing"')) commits += 1;
          if (commits >= 3) throw new StoreUnavailable('killed');
          return worker.statements.call(name, argument);
        },
      },
    });
    const { id } = await dying.start();
    await expect(dying.run()).rejects.toThrow('killed');
    const [taken] = await rig.sql`select count(*)::int as many from rolecall.pairs`;
    expect(taken?.['many']).toBe(200);
    expect(await row(id)).toMatchObject({ status: 'running', stage: 'memberships' });
    const living = reconcilerOf(rig.worker());
    await living.run();
    expect(await row(id)).toMatchObject({ status: 'running' });
    await rig.sql`update rolecall.reconciliations set leased_until = now() - interval '1 second'`;
    await living.run();
    expect(await row(id)).toMatchObject({ status: 'done' });
    const [subjects] = await rig.sql`
      select count(*)::int as many, count(distinct subject)::int as subjects from rolecall.drift where kind = 'missing'`;
    expect(subjects?.['many']).toBe(subjects?.['subjects']);
    await answerLookups(rig, rig.worker());
    await agree();
  });

  it('whose pages end every process that takes them fails, and is not tried for ever', async () => {
    await members(3);
    const { start, run } = reconcilerOf(rig.worker());
    const { id } = await start();
    await rig.sql`update rolecall.reconciliations set attempts = 10`;
    await run();
    expect(await row(id)).toMatchObject({ status: 'failed', problem: 'never_ended' });
    expect(await access(rig.sql)).toEqual([]);
  });

  it('that is cancelled writes nothing more, not even the page that was under way', async () => {
    await members(3);
    const { start, reconciliations } = reconcilerOf(rig.worker());
    const { id } = await start();
    const cancelling = rig.worker({
      provider: (real) => ({
        ...real,
        async memberships(organization, offset) {
          const answer = await real.memberships(organization, offset);
          expect(await reconciliations.cancelReconciliation(id, 'bob')).toBe(true);
          return answer;
        },
      }),
    });
    await reconcilerOf(cancelling).run();
    expect(await reconciliations.readReconciliation(id)).toMatchObject({
      status: 'cancelled',
      cancelledBy: 'bob',
    });
    expect(await access(rig.sql)).toEqual([]);
    expect(await reconciliations.cancelReconciliation(id, 'bob')).toBe(false);
    expect(cancelling.logged.some(({ event }) => event === 'reconciliation_stopped')).toBe(true);
  });

  it('leaves out what the database refuses, takes its neighbours, and asks about it', async () => {
    await members(5);
    await rig.sql.unsafe(
      "alter table rolecall.memberships add constraint a_mistake check (user_id <> 'user_2') not valid",
    );
    const worker = rig.worker();
    const { reconciliation } = await reconcilerOf(worker).reconcile();
    expect(reconciliation.status).toBe('done');
    expect((await access(rig.sql)).map((line) => line.split(' ')[1])).toEqual([
      'user_0',
      'user_1',
      'user_3',
      'user_4',
    ]);
    await rig.sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
    await answerLookups(rig, worker);
    await agree();
  });
});

describe('the provider', () => {
  const withPages = (pages: (offset: number, real: ProviderPage) => ProviderPage | 'failed') =>
    rig.worker({
      provider: (real): Provider => ({
        ...real,
        async memberships(organization, offset) {
          const asked = await real.memberships(organization, offset);
          if ('failure' in asked) return asked;
          const page = pages(offset, asked.answer);
          return page === 'failed' ? { failure: 'unexpected' } : { answer: page };
        },
      }),
    });

  it('that answers 429 is left alone by everybody until it may be asked again, and that is no failed attempt', async () => {
    await members(3);
    const worker = rig.worker();
    const { start, run } = reconcilerOf(worker);
    const { id } = await start();
    rig.clerk.failApi({
      kind: 'status',
      status: 429,
      retryAfter: 7,
      route: 'GET /v1/organizations',
      times: 1,
    });
    await run();
    expect(await row(id)).toMatchObject({
      status: 'running',
      stage: 'organizations',
      problem: 'rate_limited',
      attempts: 0,
      waits: true,
    });
    const calls = rig.clerk.calls.total();
    await rig.sql`update rolecall.reconciliations set due_at = now()`;
    await run();
    await worker.dispatch();
    expect(rig.clerk.calls.total()).toBe(calls);
    await rig.sql`update rolecall.provider_budget set paused_until = null`;
    await rig.sql`update rolecall.reconciliations set due_at = now()`;
    await run();
    expect(await row(id)).toMatchObject({ status: 'done', problem: null });
  });

  it('that fails is asked again later, more and more so, and nothing is inferred when it goes on', async () => {
    await members(3);
    const worker = rig.worker();
    await reconcilerOf(worker).reconcile();
    await answerLookups(rig, worker);
    const before = await everyFact(rig);
    const { start, run } = reconcilerOf(worker);
    const { id } = await start();
    rig.clerk.failApi({
      kind: 'status',
      status: 502,
      html: true,
      route: 'GET /v1/organization_memberships',
    });
    for (let attempt = 1; attempt < 10; attempt += 1) {
      await run();
      expect(await row(id)).toMatchObject({
        status: 'running',
        stage: 'memberships',
        attempts: attempt,
        waits: true,
      });
      await rig.sql`update rolecall.reconciliations set due_at = now()`;
    }
    await run();
    expect(await row(id)).toMatchObject({ status: 'failed' });
    expect(await everyFact(rig)).toEqual(before);
  });

  it('keeps what removals and lookups need of the budget that all share', async () => {
    await members(3);
    const worker = rig.worker({ budget: { callsPerSecond: 0.001, burst: 20 } });
    await rig.sql`update rolecall.provider_budget set tokens = 6, refilled_at = now()`;
    const { start, run } = reconcilerOf(worker);
    const { id } = await start();
    await run();
    // A call for the roles, one for the organizations; two more for the users would leave less than a fifth.
    expect(await row(id)).toMatchObject({
      status: 'running',
      stage: 'users',
      problem: null,
      attempts: 0,
      waits: true,
    });
    const [budget] = await rig.sql`select tokens from rolecall.provider_budget`;
    expect(budget?.['tokens']).toBeCloseTo(4, 1);
  });

  it('whose key belongs to another instance is told nothing and believed nothing', async () => {
    await members(3);
    const worker = rig.worker();
    await reconcilerOf(worker).reconcile();
    const before = await everyFact(rig);
    const elsewhere = await startRig({ instanceId: 'ins_other' });
    try {
      const stranger = rig.worker({ provider: () => elsewhere.worker().dispatcher.provider });
      const { reconciliation } = await reconcilerOf(stranger).reconcile();
      expect(reconciliation).toMatchObject({
        status: 'failed',
        problem: 'wrong_instance',
        drift: {},
        compared: 0,
      });
      expect(await everyFact(rig)).toEqual(before);
      expect(elsewhere.clerk.calls.byRoute()).toEqual({ 'GET /v1/instance': 1 });
    } finally {
      await elsewhere.stop();
    }
  });

  it('that refuses the key ends it at once', async () => {
    await members(1);
    const { reconciliation } = await reconcilerOf(rig.worker({ secretKey: 'sk_test_wrong' })).reconcile({
      dryRun: true,
    });
    expect(reconciliation).toMatchObject({ status: 'failed', problem: 'unauthorized' });
  });

  it('that counts too few hides nobody: a full page is followed by another', async () => {
    await members(620);
    const worker = withPages((_, page) => ({ ...page, total: 0, more: page.evidence.length === 500 }));
    expect((await reconcilerOf(worker).reconcile()).reconciliation.drift).toMatchObject({ missing: 620 });
    await agree();
  });

  it('that lists somebody who cannot be read has everybody else compared, and that one taken for no absent one', async () => {
    await members(5);
    await reconcilerOf(rig.worker()).reconcile();
    const before = await everyFact(rig);
    const [odd] = await rig.sql`select membership_id as id from rolecall.pairs where user_id = 'user_3'`;
    const worker = withPages((_, page) => ({
      ...page,
      evidence: page.evidence.filter((one) => one.kind === 'membership' && one.id !== odd?.['id']),
      unreadable: [String(odd?.['id'])],
    }));
    const { reconciliation } = await reconcilerOf(worker).reconcile();
    expect(reconciliation).toMatchObject({
      status: 'done',
      drift: {},
      compared: expect.any(Number) as number,
    });
    await answerLookups(rig, worker);
    expect(await everyFact(rig)).toEqual(before);
  });

  it('whose pages never end, or do not go on, is not read for ever, and nothing is inferred', async () => {
    await members(620);
    await reconcilerOf(rig.worker()).reconcile();
    const before = await everyFact(rig);
    let first: ProviderPage | undefined;
    const endless = withPages((_, page) => {
      first ??= page;
      return first;
    });
    const ended = await reconcilerOf(endless).reconcile();
    expect(ended.reconciliation).toMatchObject({ status: 'failed', problem: 'endless_pages' });
    const stuck = withPages((_, page) => ({ ...page, evidence: page.evidence.slice(0, 10), more: true }));
    const { start, run } = reconcilerOf(stuck);
    const { id } = await start();
    await run();
    expect(await row(id)).toMatchObject({ status: 'running', problem: 'unexpected', attempts: 1 });
    expect(await everyFact(rig)).toEqual(before);
  });

  it('that has people come and go while it is read makes nobody look absent, and adds who came', async () => {
    await members(620);
    const worker = rig.worker();
    await reconcilerOf(worker).reconcile();
    await rig.sql`update rolecall.memberships set seen_at = seen_at - 600000`;
    const moving = withPages((offset, page) => {
      if (offset > 0) return page;
      // All who joined later move forward, and somebody joins behind them.
      for (let n = 0; n < 40; n += 1) rig.clerk.removeMember('org_1', `user_${n}`);
      rig.clerk.createUser({ id: 'user_new' });
      rig.clerk.addMember('org_1', 'user_new', 'org:member');
      return page;
    });
    const { reconciliation, drift } = await reconcilerOf(moving).reconcile();
    expect(reconciliation).toMatchObject({ status: 'done', held: null });
    expect(drift.map(({ kind, user }) => [kind, user])).toEqual([['missing', 'user_new']]);
  });
});

describe('what starts by itself', () => {
  const HOUR = 3_600_000;
  const scheduled = (worker: Worker, everyMs: number | null = 24 * HOUR, pollMs: number | null = null) =>
    keepReconciled(reconcilerOf(worker).reconciler, { everyMs, pollMs })(Number.POSITIVE_INFINITY);
  const causes = async () =>
    (await rig.sql`select cause from rolecall.reconciliations order by id`).map(
      ({ cause }) => cause as string,
    );
  const ago = (interval: string) => rig.sql`
    update rolecall.instance set pinned_at = now() - ${interval}::interval`;

  it('is nothing before an instance is known, nor before its time', async () => {
    await members(2);
    await scheduled(rig.worker());
    await rig.worker().store.pinInstance(rig.clerk.instanceId);
    await scheduled(rig.worker());
    expect(await causes()).toEqual([]);
    expect(rig.clerk.calls.total()).toBe(0);
  });

  it('is one for all processes when the time has come, and the next one when it has come again', async () => {
    await members(2);
    await rig.worker().store.pinInstance(rig.clerk.instanceId);
    await ago('25 hours');
    await Promise.all(Array.from({ length: 5 }, () => scheduled(rig.worker())));
    expect(await causes()).toEqual(['schedule']);
    await scheduled(rig.worker());
    await agree();
    await rig.sql`update rolecall.reconciliations set asked_at = now() - interval '25 hours'`;
    await scheduled(rig.worker(), null);
    expect(await causes()).toEqual(['schedule']);
    await scheduled(rig.worker());
    expect(await causes()).toEqual(['schedule', 'schedule']);
  });

  it('comes sooner after one that failed', async () => {
    await rig.worker().store.pinInstance(rig.clerk.instanceId);
    await ago('25 hours');
    await rig.sql`
      insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, asked_at)
      values ('failed', 'schedule', false, 'rolecall', '', now() - interval '2 hours')`;
    await scheduled(rig.worker());
    expect(await causes()).toEqual(['schedule', 'schedule']);
  });

  it('is the first thing after nobody was at work for ten minutes', async () => {
    const { sql } = rig;
    await members(2);
    await rig.worker().store.pinInstance(rig.clerk.instanceId);
    await scheduled(rig.worker());
    const alive = async () => (await sql`select alive_at from rolecall.operations`)[0]?.['alive_at'] as Date;
    expect(Date.now() - (await alive()).getTime()).toBeLessThan(60_000);
    await sql`update rolecall.operations set alive_at = now() - interval '9 minutes'`;
    await scheduled(rig.worker());
    expect(await causes()).toEqual([]);
    await sql`update rolecall.operations set alive_at = now() - interval '11 minutes'`;
    await Promise.all([scheduled(rig.worker(), null), scheduled(rig.worker(), null)]);
    expect(await causes()).toEqual(['outage']);
    await agree();
  });

  it('waits while Rolecall is paused, and what was missed then is looked at afterwards', async () => {
    await members(2);
    await rig.worker().store.pinInstance(rig.clerk.instanceId);
    await ago('25 hours');
    await rig.sql`update rolecall.operations set alive_at = now() - interval '1 hour'`;
    await scheduled(rig.worker({ mode: 'paused' }));
    expect(await causes()).toEqual([]);
    await scheduled(rig.worker());
    expect(await causes()).toEqual(['outage']);
  });

  it('is everything again and again where Clerk is polled instead of waited for', async () => {
    await members(2);
    let now = Date.now();
    const worker = rig.worker({ clock: { now: () => now } });
    const keep = keepReconciled(reconcilerOf(worker).reconciler, { everyMs: null, pollMs: 5_000 });
    await keep(Number.POSITIVE_INFINITY);
    await agree();
    await keep(Number.POSITIVE_INFINITY);
    expect(await causes()).toEqual(['poll']);
    rig.clerk.changeRole('org_1', 'user_0', 'org:admin');
    now += 5_000;
    await keep(Number.POSITIVE_INFINITY);
    expect(await causes()).toEqual(['poll', 'poll']);
    await agree();
  });

  it('is not what an operator of an empty database asks for: that is an import, and says whose instance it is', async () => {
    await members(2);
    const { reconciliation } = await reconcilerOf(rig.worker({ budget: plenty })).reconcile();
    expect(reconciliation).toMatchObject({ status: 'done', cause: 'import' });
    const [instance] = await rig.sql`select provider_instance from rolecall.instance`;
    expect(instance).toEqual({ provider_instance: rig.clerk.instanceId });
    await agree();
  });

  it('a dry run on an empty database pins nothing', async () => {
    await members(2);
    const { drift } = await reconcilerOf(rig.worker()).reconcile({ dryRun: true });
    expect(drift.filter(({ kind }) => kind === 'missing')).toHaveLength(2);
    expect([...(await rig.sql`select provider_instance from rolecall.instance`)]).toEqual([
      { provider_instance: null },
    ]);
  });
});
