import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Rig, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const run = (...args: string[]) => rolecall(args, undefined, { DATABASE_URL: rig.url });
const anyTime = expect.stringMatching(/^\d{4}-.+Z$/) as unknown;

describe('rolecall effects pause and resume', () => {
  it('stop the revocations of all servers, and let them go on', async () => {
    const paused = await run('effects', 'pause', '--reason', 'Clerk is down', '--by', 'ann', '--json');
    expect([paused.code, JSON.parse(paused.stdout)]).toEqual([
      0,
      { effects_paused: { at: anyTime, by: 'ann', reason: 'Clerk is down' } },
    ]);
    const again = await run('effects', 'pause', '--reason', 'me too', '--by', 'bob');
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(/^Revocations are paused since .+Z, by ann: Clerk is down\n$/),
    ]);
    const resumed = await run('effects', 'resume', '--by', 'bob', '--reason', 'it is back');
    expect(resumed).toEqual({ code: 0, stdout: 'Revocations are carried out again.\n', stderr: '' });
    const twice = await run('effects', 'resume', '--json');
    expect([twice.code, JSON.parse(twice.stdout)]).toEqual([0, { effects_paused: null }]);
    const actions = await rig.sql`select operator, action, reason from rolecall.operator_actions order by id`;
    expect([...actions]).toEqual([
      { operator: 'ann', action: 'pause_effects', reason: 'Clerk is down' },
      { operator: 'bob', action: 'resume_effects', reason: 'it is back' },
    ]);
  });
});

describe('rolecall restore', () => {
  it('begins another epoch and asks for a reconciliation of everything', async () => {
    const epoch = async () =>
      (await rig.sql`select epoch::text from rolecall.instance`)[0]?.['epoch'] as string;
    const before = await epoch();
    const { code, stdout } = await run('restore', '--reason', 'the disk died', '--by', 'ann', '--json');
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect([code, answer]).toEqual([
      0,
      { epoch: await epoch(), restoring_since: anyTime, reconciliation: 1 },
    ]);
    expect(answer['epoch']).not.toBe(before);
    const rows = await rig.sql`
      select status, cause, organization_id, dry_run, asked_by, reason from rolecall.reconciliations`;
    expect([...rows]).toEqual([
      {
        ...{ status: 'running', cause: 'restore', organization_id: '', dry_run: false },
        ...{ asked_by: 'ann', reason: 'the disk died' },
      },
    ]);
    expect((await run('restore', '--reason', 'again')).stdout).toContain('Reconciliation 2 was asked for');
  });
});

describe('both', () => {
  it.each([['effects', 'pause'], ['restore'], ['restore', '--reason', ' ']])(
    '%s %s needs a reason',
    async (...args) => {
      expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: 'rolecall: --reason is missing\n' });
    },
  );

  it('tell their options', async () => {
    for (const command of [['effects', 'pause'], ['effects', 'resume'], ['restore']]) {
      const { code, stdout } = await rolecall([...command, '--help']);
      expect([code, stdout.includes('--json')], command.join(' ')).toEqual([0, true]);
    }
  });
});
