import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomes, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { keeperOf } from './support/keeper.ts';
import { replayer } from './support/replays.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const MONTH = { payloadDays: 30, changeDays: null };
/** As if an hour had passed since somebody forgot. */
const nextHour = () => rig.sql`update rolecall.operations set pruned_at = pruned_at - interval '1 hour'`;
const kept = async () =>
  [...(await rig.sql`select id from rolecall.inbox where body is not null order by received_at, id`)].map(
    ({ id }) => id as string,
  );

describe('payloads', () => {
  it('are forgotten after their time, and nothing else of the delivery is', async () => {
    const worker = rig.worker();
    await seedOrganization(rig, worker, ['user_a']);
    const all = await kept();
    const [oldest = ''] = all;
    await rig.sql`update rolecall.inbox set received_at = now() - interval '30 days 1 hour' where id = ${oldest}`;
    const [before] = await rig.sql`select * from rolecall.inbox where id = ${oldest}`;
    await keeperOf(worker, { retention: MONTH }).run();
    expect((await kept()).sort()).toEqual(all.slice(1).sort());
    const [after] = await rig.sql`select * from rolecall.inbox where id = ${oldest}`;
    expect(after).toEqual({ ...before, body: null });
    const { results } = await replayer(rig, worker).replay({ ids: [oldest] });
    expect(results.map(({ outcome, reason }) => [outcome, reason])).toEqual([['no_payload', 'no_payload']]);
  });

  it('go batch by batch, pass over what somebody holds, and keep no new delivery waiting', async () => {
    const worker = rig.worker();
    await rig.sql`
      insert into rolecall.inbox (id, source, type, body, body_sha256, outcome, reason, received_at)
      select 'msg_old_' || n, 'webhook', 'user.updated', '{}', '\\x00', 'applied', 'newer', now() - interval '40 days'
        from generate_series(1, 2500) as n`;
    await rig.sql.begin(async (sql) => {
      await sql`select from rolecall.inbox where id = 'msg_old_77' for update`;
      await keeperOf(worker, { retention: MONTH }).run();
      expect(await kept()).toEqual(['msg_old_77']);
      // The batch's own locks are gone with it.
      rig.clerk.createUser({ id: 'user_new' });
      expect(outcomes(await worker.process(await rig.news()))).toEqual(['applied']);
    });
    await keeperOf(worker, { retention: MONTH }).run();
    expect(await kept()).toContain('msg_old_77');
    await nextHour();
    await keeperOf(worker, { retention: MONTH }).run();
    expect(await kept()).not.toContain('msg_old_77');
  });

  it('of a user who was deleted go within the hour, late ones too; ids and hashes stay', async () => {
    const worker = rig.worker();
    const { clerk, sql } = rig;
    const organization = await seedOrganization(rig, worker, ['user_a', 'user_b']);
    clerk.createOrganization({ id: 'org_other' });
    const { id } = clerk.createInvitation('org_other', 'b@example.com', 'org:member', {
      inviterId: 'user_a',
    });
    await worker.process(await rig.news());
    clerk.acceptInvitation(id, 'user_b');
    await worker.process(await rig.news());
    clerk.changeRole(organization, 'user_b', 'org:member');
    const [late] = await rig.news();
    if (late === undefined) throw new Error('one delivery');
    clerk.deleteUser('user_b');
    await worker.process(await rig.news());
    const told = async () =>
      await sql`
      select user_id, id, encode(body_sha256, 'hex') as sha256, outcome from rolecall.inbox order by id`;
    const before = await told();
    await keeperOf(worker).run();
    const left = await sql`
      select user_id, count(*)::int as many, count(body)::int as kept from rolecall.inbox
       where user_id is not null group by 1 order by 1`;
    expect([...left]).toMatchObject([{ user_id: 'user_a' }, { user_id: 'user_b', kept: 0 }]);
    expect(left[0]?.['kept']).toBe(left[0]?.['many']);
    expect(await told()).toEqual(before);
    const [accepted] = await sql`
      select user_id, body from rolecall.inbox where type = 'organizationInvitation.accepted'`;
    expect(accepted).toEqual({ user_id: 'user_b', body: null });

    await worker.process([late]);
    await nextHour();
    await keeperOf(worker).run();
    expect(await kept()).not.toContain(late.id);
  });

  it('that are about to be tried again are left until then', async () => {
    const worker = rig.worker();
    const { clerk, sql } = rig;
    await seedOrganization(rig, worker, ['user_a', 'user_b']);
    await sql`
      update rolecall.inbox set outcome = 'failed', reason = 'refused_by_database' where type = 'user.created'`;
    clerk.deleteUser('user_b');
    await worker.process(await rig.news());
    await keeperOf(worker).run();
    const waiting = sql`
      select count(*)::int as many from rolecall.inbox
       where user_id = 'user_b' and type = 'user.created' and body is not null`;
    expect(await waiting).toEqual([{ many: 1 }]);
  });
});

describe('what is over', () => {
  it('is forgotten after its time: settled effects, attempts, results of replays, differences, notes, sessions', async () => {
    const { sql } = rig;
    const [old, young] = ['31 days', '29 days'];
    for (const age of [old, young]) {
      await sql`
        insert into rolecall.effects (kind, user_id, lane, status, due_at, owed_at, settled_at)
        select 'lookup_user', ${age} || status, 1, status, now(), now() - ${age}::interval,
               case status when 'observed' then null else now() - ${age}::interval end
          from unnest(array['done', 'observed', 'dead', 'owed']) as s(status)`;
      await sql`
        insert into rolecall.attempts (delivery_id, attempt, cause, outcome, reason, at)
        values (${age}, 2, 'retry', 'failed', 'x', now() - ${age}::interval)`;
      await sql`
        insert into rolecall.replayed (replay_id, position, delivery_id, outcome, reason, at)
        values (${age === old ? 1 : 2}, 1, ${age}, 'stale', 'x', now() - ${age}::interval)`;
      await sql`
        insert into rolecall.drift (reconciliation_id, kind, subject, outcome, at)
        values (1, 'missing', ${age}, 'found', now() - ${age}::interval)`;
    }
    await sql`
      insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason)
      select s, 'operator', false, 'ann', '' from unnest(array['done', 'failed', 'running']) as s`;
    await sql`
      insert into rolecall.reconciled select id, 'orgmem_' || status from rolecall.reconciliations`;
    await sql`
      insert into rolecall.console_sessions
      values ('\\x01', 'ann', '\\x00', now(), now() - interval '1 second'),
             ('\\x02', 'ann', '\\x00', now(), now() + interval '1 hour')`;

    const worker = rig.worker();
    await keeperOf(worker, { retention: MONTH }).run();
    const left = async (table: string, column: string) =>
      [...(await sql.unsafe(`select ${column} as one from rolecall.${table} order by 1`))].map(
        ({ one }) => one as string,
      );
    expect(await left('effects', 'user_id')).toEqual([
      ...['29 daysdead', '29 daysdone', '29 daysobserved', '29 daysowed'],
      // Nobody has looked at the one, and the other is still to be done.
      ...['31 daysdead', '31 daysowed'],
    ]);
    expect(await left('attempts', 'delivery_id')).toEqual([young]);
    expect(await left('replayed', 'delivery_id')).toEqual([young]);
    expect(await left('drift', 'subject')).toEqual([young]);
    expect(await left('reconciled', 'membership_id')).toEqual(['orgmem_running']);
    expect(await left('console_sessions', `encode(id_sha256, 'hex')`)).toEqual(['02']);
    const [told] = worker.logged.filter(({ event }) => event === 'forgotten');
    expect(told?.fields).toMatchObject({ effects: 2, reconciled: 2, console_sessions: 1 });
  });

  it('is forgotten by one process an hour, and by the next one where that one had no time', async () => {
    const worker = rig.worker();
    const { upkeep } = keeperOf(worker);
    const hour = 3_600_000;
    const asked = await Promise.all(
      Array.from({ length: 5 }, () => keeperOf(rig.worker()).upkeep.beginForgetting(hour)),
    );
    expect(asked.filter(Boolean)).toHaveLength(1);
    expect(await upkeep.beginForgetting(hour)).toBe(false);
    await upkeep.putOffForgetting();
    expect(await upkeep.beginForgetting(hour)).toBe(true);
  });
});

describe('addresses of invitations', () => {
  it('go when nobody can accept them any more', async () => {
    const worker = rig.worker();
    const { clerk, sql } = rig;
    const organization = await seedOrganization(rig, worker, ['user_a']);
    clerk.createInvitation(organization, 'eve@example.com', 'org:member');
    clerk.createInvitation(organization, 'max@example.com', 'org:member');
    await worker.process(await rig.news());
    await sql`
      update rolecall.invitations set expires_at = extract(epoch from now()) * 1000 - 1 where email = 'eve@example.com'`;
    await keeperOf(worker).run();
    const emails = await sql`select email from rolecall.invitations order by email`;
    expect([...emails]).toEqual([{ email: 'max@example.com' }, { email: null }]);
  });
});

describe('the trail of changes', () => {
  it('is kept for ever unless it is said for how long', async () => {
    const worker = rig.worker();
    await seedOrganization(rig, worker, ['user_a']);
    await rig.sql`update rolecall.changes set recorded_at = now() - interval '9 years'`;
    const many = async () =>
      (await rig.sql`select count(*)::int as many from rolecall.changes`)[0]?.['many'] as number;
    const before = await many();
    expect(before).toBeGreaterThan(2);
    await keeperOf(worker).run();
    expect(await many()).toBe(before);
    await nextHour();
    await rig.sql`update rolecall.changes set recorded_at = now() where revision = 2`;
    await keeperOf(worker, { retention: { ...MONTH, changeDays: 3650 } }).run();
    expect(await many()).toBe(before);
    await nextHour();
    // From its beginning, and no further than the first that is younger: there is never a gap.
    await keeperOf(worker, { retention: { ...MONTH, changeDays: 365 } }).run();
    expect(await rig.sql`select min(revision)::int as first from rolecall.changes`).toEqual([{ first: 2 }]);
    expect(await many()).toBe(before - 1);
  });

  it('of the last thirty days cannot be forgotten, whoever wants it', async () => {
    const worker = rig.worker();
    await seedOrganization(rig, worker, ['user_a']);
    await rig.sql`update rolecall.changes set recorded_at = now() - interval '29 days'`;
    for (const days of [0, 1, -1])
      expect(await keeperOf(worker).upkeep.forget('changes', days, 1_000)).toBe(0);
    expect(await keeperOf(worker).upkeep.forget('payloads', -1, 1_000)).toBe(0);
    await rig.sql`update rolecall.changes set recorded_at = now() - interval '31 days'`;
    expect(await keeperOf(worker).upkeep.forget('changes', 0, 1_000)).toBeGreaterThan(1);
  });
});
