import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const run = (...args: string[]) => rolecall(['status', ...args], undefined, { DATABASE_URL: rig.url });
const compared = () => rig.sql`
  insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, ended_at)
  values ('done', 'operator', false, 'ann', '', now())`;

describe('rolecall status', () => {
  it('is green and exits 0 where nothing is wrong', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    await compared();
    const { code, stdout, stderr } = await run();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^green: nothing is wrong\.\n/);
    expect(stdout).toMatch(/to be signed out +0 owed, 0 given up/);
    expect(stdout).toMatch(/lost access lately +nobody/);
    expect(stdout).toContain(rig.clerk.instanceId);
  });

  it('is yellow and exits 0 where somebody should have a look', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^yellow:\nYELLOW no_delivery_ever\n {2}Clerk has never sent anything\.\n {2}docs\/runbooks/,
    );
  });

  it('is red and exits 1 while somebody is in who should not be, and says so to programs too', async () => {
    const worker = rig.worker();
    const organization = await seedOrganization(rig, worker, ['user_a', 'user_b']);
    await compared();
    rig.clerk.removeMember(organization, 'user_b');
    await worker.process(await rig.news());
    expect(await run()).toMatchObject({ code: 0 });
    await rig.sql`update rolecall.effects set owed_at = owed_at - interval '2 minutes' where status = 'owed'`;
    const people = await run();
    expect([people.code, people.stderr]).toEqual([1, '']);
    expect(people.stdout).toMatch(/^red:\nRED revocation_overdue since \d{4}-/);
    expect(people.stdout).toMatch(/lost access lately +1 removed by delivery/);
    const programs = await run('--json');
    expect(programs.code).toBe(1);
    expect(JSON.parse(programs.stdout)).toMatchObject({
      state: 'red',
      problems: [
        { code: 'revocation_overdue', severity: 'red', runbook: 'docs/runbooks/revocations-owed.md' },
      ],
      revocations: { owed: 1 },
      mode: 'enforce',
      provider: { burst: null },
    });
    await worker.dispatch();
    expect((await run()).stdout).toMatch(/^green/);
  });

  it('knows the mode of the servers, whatever its own environment says', async () => {
    await rig.sql`update rolecall.operations set mode = 'observe'`;
    const { stdout } = await run('--json');
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'observe' });
  });

  it('judges the age of the last comparison by the schedule that its environment says, as a server does', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
    await compared();
    await rig.sql`update rolecall.reconciliations set ended_at = now() - interval '3 days'`;
    const every = (ROLECALL_RECONCILE_EVERY: string) =>
      rolecall(['status'], undefined, { DATABASE_URL: rig.url, ROLECALL_RECONCILE_EVERY });
    for (const hours of ['', '24']) expect((await every(hours)).stdout).toContain('reconciliation_overdue');
    for (const hours of ['48', 'off', '0']) expect((await every(hours)).stdout).toMatch(/^green/);
    const { code, stderr } = await every('daily');
    expect([code, stderr]).toEqual([1, expect.stringContaining('ROLECALL_RECONCILE_EVERY must be hours')]);
  });

  it('is red where no server has been at work for a while', async () => {
    await rig.sql`update rolecall.operations set alive_at = now() - interval '6 minutes'`;
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^red:\nRED nobody_at_work since /);
  });

  it('says in words why it cannot tell, and exits 1', async () => {
    const without = await rolecall(['status']);
    expect(without).toEqual({ code: 1, stdout: '', stderr: 'rolecall: DATABASE_URL is missing\n' });
    const away = await rolecall(['status', '--json'], undefined, {
      DATABASE_URL: 'postgres://x:hunter2@127.0.0.1:1/x',
    });
    expect(away.code).toBe(1);
    expect(away.stderr).not.toContain('hunter2');
    expect(JSON.parse(away.stderr)).toEqual({
      problems: [expect.stringContaining('the database cannot be used')],
    });
  });

  it('shows commands to a terminal in what others wrote as a mark', async () => {
    await rig.sql`
      update rolecall.operations set effects_paused_at = now(), effects_paused_by = 'ann',
             effects_paused_reason = ${'\u001b[2Jevil'}`;
    const { stdout } = await run();
    expect(stdout).toContain('\ufffd[2Jevil');
    expect(stdout).not.toContain('\u001b');
  });
});
