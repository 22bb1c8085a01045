import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mode } from '../../src/pipeline/ports.ts';
import { access, providerAccess, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { keeperOf } from './support/keeper.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const actions = async () =>
  [
    ...(await rig.sql`
      select operator, action, subject, reason from rolecall.operator_actions order by id`),
  ].map(({ operator, action, subject, reason }) => `${operator} ${action} ${subject} (${reason})`);

const started = (mode: Mode) => keeperOf(rig.worker(), { mode }).run();

describe('the mode', () => {
  it('is written down when it changes, once, however many processes start with it', async () => {
    await Promise.all(Array.from({ length: 6 }, () => started('enforce')));
    await Promise.all(Array.from({ length: 6 }, () => started('observe')));
    await started('observe');
    expect(await actions()).toEqual([
      'configuration mode enforce ()',
      'configuration mode observe (before: enforce)',
    ]);
    expect(await rig.sql`select mode from rolecall.operations`).toEqual([{ mode: 'observe' }]);
  });

  it('is noted once a process, so that two versions beside each other do not take turns', async () => {
    const [old, young] = [keeperOf(rig.worker()), keeperOf(rig.worker(), { mode: 'observe' })];
    for (let minute = 0; minute < 20; minute += 1) {
      await old.run();
      await young.run();
    }
    expect(await actions()).toHaveLength(2);
  });

  it('of two versions whose processes start again and again fills no trail, and is right an hour later', async () => {
    for (let turn = 0; turn < 15; turn += 1) await started(turn % 2 === 0 ? 'enforce' : 'observe');
    expect(await actions()).toHaveLength(10);
    const late = keeperOf(rig.worker(), { mode: 'paused' });
    await late.run();
    expect(await actions()).toHaveLength(10);
    await rig.sql`update rolecall.operator_actions set at = at - interval '1 hour'`;
    await late.run();
    expect((await actions()).slice(10)).toEqual(['configuration mode paused (before: observe)']);
  });
});

describe('revocations that an operator has paused', () => {
  it('are handed out by no process, while lookups go on; resumed, they are all carried out', async () => {
    const { clerk } = rig;
    const worker = rig.worker();
    const organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_c']);
    const session = clerk.createSession('user_b');
    await worker.process(await rig.news());
    const { upkeep } = keeperOf(worker);
    const pause = await upkeep.pauseEffects('ann', 'Clerk answers with 500');
    expect(pause).toMatchObject({ by: 'ann', reason: 'Clerk answers with 500' });

    clerk.removeMember(organization, 'user_b');
    await worker.process(await rig.news());
    await rig.sql`
      insert into rolecall.effects (kind, organization_id, user_id, lane, status, due_at)
      values ('lookup_member', ${organization}, 'user_c', 1, 'owed', now())`;
    expect(await rig.worker().dispatch()).toBe(1);
    expect(await worker.dispatch()).toBe(0);
    const owed = await rig.sql`select kind, attempts from rolecall.effects where status = 'owed'`;
    expect([...owed]).toEqual([{ kind: 'revoke_sessions', attempts: 0 }]);
    // The cutoff does not wait: what is paused are calls.
    expect(await access(rig.sql)).toEqual(providerAccess(clerk));
    expect(clerk.state.sessions.get(session.id)?.status).toBe('active');

    expect(await upkeep.resumeEffects('bob', 'mended')).toBe(true);
    expect(await worker.dispatch()).toBe(1);
    expect(clerk.state.sessions.get(session.id)?.status).toBe('revoked');
    expect(await actions()).toEqual([
      'ann pause_effects revocations (Clerk answers with 500)',
      'bob resume_effects revocations (mended)',
    ]);
  });

  it('stay paused by who did it first, and resuming what runs changes nothing', async () => {
    const { upkeep } = keeperOf(rig.worker());
    expect(await upkeep.resumeEffects('bob', '')).toBe(false);
    const [first, second] = [await upkeep.pauseEffects('ann', 'a'), await upkeep.pauseEffects('bob', 'b')];
    expect(second).toEqual(first);
    expect(await actions()).toEqual(['ann pause_effects revocations (a)']);
  });
});
