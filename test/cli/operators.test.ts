import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { access, outcomes, providerAccess, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const run = (...args: string[]) => rolecall(args, undefined, { DATABASE_URL: rig.url });

async function json(...args: string[]): Promise<{ code: number; answer: unknown }> {
  const { code, stdout, stderr } = await run(...args, '--json');
  return { code, answer: JSON.parse(stdout === '' ? stderr : stdout) as unknown };
}

/** A removal that the database refused, as in the night of a mistake; nobody tries it again by itself. */
async function failedRemoval(): Promise<string> {
  const organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
  await rig.sql.unsafe(
    'alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid',
  );
  rig.clerk.removeMember(organization, 'user_b');
  const told = await rig.news();
  expect(outcomes(await rig.worker().process(told))).toEqual(['failed']);
  await rig.sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
  return told[0]?.id ?? '';
}

describe('from a failed delivery back to the truth, with commands alone', () => {
  it('an operator finds it, sees who would lose what, replays it, and reads what it did', async () => {
    const id = await failedRemoval();
    expect(await json('deliveries', 'list', '--status', 'failed')).toMatchObject({
      code: 0,
      answer: { deliveries: [{ id, outcome: 'failed', reason: 'refused_by_database' }], more: false },
    });
    const before = await access(rig.sql);
    const tried = await run('replay', id, '--dry-run');
    expect([tried.code, tried.stderr]).toEqual([0, '']);
    expect(tried.stdout).toContain('user_b in org_user_a loses');
    expect(await access(rig.sql)).toEqual(before);

    expect(await json('replay', '--status', 'failed', '--reason', 'mended', '--by', 'ann')).toMatchObject({
      code: 0,
      answer: {
        status: 'done',
        by: 'ann',
        reason: 'mended',
        outcomes: { applied: 1 },
        deliveries: [{ delivery: id, outcome: 'applied', differences: [{ user: 'user_b', gained: [] }] }],
      },
    });
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
    expect((await run('deliveries', 'list', '--status', 'failed')).stdout).toBe('There are none.\n');
    const { stdout } = await run('deliveries', 'show', id);
    expect(stdout).toContain('applied: It was newer than what was known, and was believed.');
    expect(stdout).toMatch(/attempt 1 \(delivery, .+\): failed\nattempt 2 \(replay, .+\): applied/);
    expect(await json('deliveries', 'show', id)).toMatchObject({ answer: { id, attempt_count: 2 } });
  }, 60_000);

  it('replays everything that is kept, and nothing moves', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    const before = await access(rig.sql);
    const { code, stdout } = await run('replay', '--all', '--reason', 'to be sure');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Replay 1: done, \d+ stale/);
    expect(stdout).not.toMatch(/gains|loses/);
    expect(await access(rig.sql)).toEqual(before);
  }, 60_000);

  it('retries a dead revocation', async () => {
    const [row] = await rig.sql`
      insert into rolecall.effects (kind, user_id, lane, cutoff, status, attempts, due_at, last_error)
      values ('revoke_sessions', 'user_a', 0, 1000, 'dead', 40, now(), 'timeout') returning id::int as id`;
    const id = String(row?.['id']);
    expect((await run('effects', 'list', '--status', 'dead')).stdout).toContain('timeout');
    expect(await json('effects', 'retry', id, '--by', 'ann')).toEqual({
      code: 0,
      answer: { effect: Number(id), result: 'owed' },
    });
    expect(await json('effects', 'list', '--status', 'dead')).toMatchObject({ answer: { effects: [] } });
    await rig.sql`update rolecall.effects set status = 'done'`;
    expect(await json('effects', 'retry', id)).toMatchObject({ code: 1, answer: { result: 'done' } });
  }, 60_000);
});

describe('commands for operators', () => {
  it.each([
    [['replay', '--reason', 'x'], 'give message ids, a filter or --all'],
    [['replay', 'msg_1', '--all', '--reason', 'x'], 'give message ids, a filter or --all'],
    [['replay', 'msg_1'], '--reason is missing'],
    [['replay', '--status', 'lost', '--reason', 'x'], '--status cannot be read'],
    [['deliveries', 'list', '--from', 'yesterday'], '--from cannot be read'],
    [['effects', 'list', '--status', 'lost'], '--status cannot be read'],
  ])('say what is wrong with %j, and exit 2', async (args, problem) => {
    expect(await rolecall(args, undefined, { DATABASE_URL: rig.url })).toEqual({
      code: 2,
      stdout: '',
      stderr: `rolecall: ${problem}\n`,
    });
  });

  it('exit 1 for what does not exist', async () => {
    expect(await run('deliveries', 'show', 'msg_none')).toMatchObject({
      code: 1,
      stderr: 'rolecall: there is no such delivery\n',
    });
    expect(await run('effects', 'retry', '77')).toMatchObject({ code: 1 });
    expect(await json('replay', 'msg_none', '--dry-run')).toMatchObject({
      code: 0,
      answer: { outcomes: { not_found: 1 } },
    });
  }, 60_000);

  it('show commands to a terminal in what others sent as a mark', async () => {
    await rig.sql`
      insert into rolecall.inbox (id, source, type, body_sha256, outcome, reason, received_at)
      values ('msg_1', 'webhook', ${'\u001b[2Jevil\u009b'}, '\\x00', 'ignored', 'unknown_type', now())`;
    const { stdout } = await run('deliveries', 'list');
    expect(stdout).toContain('\ufffd[2Jevil\ufffd');
    expect(stdout).not.toContain('\u001b');
  });

  it('tell their options', async () => {
    for (const command of [
      ['deliveries', 'list'],
      ['deliveries', 'show'],
      ['replay'],
      ['effects', 'list'],
      ['effects', 'retry'],
    ]) {
      const { code, stdout } = await rolecall([...command, '--help']);
      expect([code, stdout.includes('--json')], command.join(' ')).toEqual([0, true]);
    }
  }, 60_000);
});
