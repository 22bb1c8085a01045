import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerLookups } from '../pipeline/support/lookups.ts';
import { access, providerAccess, type Rig, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
let now: number;
beforeEach(async () => {
  now = Date.now() - 3_600_000;
  rig = await startRig({ now: () => now });
});
afterEach(() => rig.stop());

const environment = () => ({
  DATABASE_URL: rig.url,
  CLERK_SECRET_KEY: rig.clerk.secretKey,
  CLERK_API_URL: rig.clerkUrl,
});
const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  rolecall(['reconcile', ...args], undefined, { ...environment(), ...more });
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--json']);
  return { code, answer: JSON.parse(stdout === '' ? stderr : stdout) as unknown };
};

function people(many: number): void {
  const { clerk } = rig;
  clerk.createOrganization({ id: 'org_1' });
  for (let n = 0; n < many; n += 1) {
    clerk.createUser({ id: `user_${n}` });
    clerk.addMember('org_1', `user_${n}`, 'org:member');
  }
}

describe('rolecall reconcile', () => {
  it('fills an empty database, telling how far it has come', async () => {
    people(3);
    const { code, stdout, stderr } = await run(['--by', 'ann', '--reason', 'the first time']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Import 1: done, 9 compared, /);
    expect(stdout).toContain('3 missing');
    expect(stderr).toMatch(/organizations: \d+ of \d+\n(.*\n)*memberships: 6 of 6\n/);
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
    expect(await json()).toMatchObject({
      code: 0,
      answer: { status: 'done', cause: 'operator', differences: [] },
    });
    expect((await run([])).stdout).toContain('nothing differs.');
  });

  it('only says what differs with --dry-run, of one organization with --organization', async () => {
    people(2);
    rig.clerk.createOrganization({ id: 'org_2' });
    const { code, stdout } = await run(['--dry-run', '--organization', 'org_1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run 1: done, /);
    expect(stdout).toContain('user_1');
    expect(stdout).not.toContain('org_2');
    expect(await access(rig.sql)).toEqual([]);
  });

  it('exits 1 where too many are missing, and says what waits; approved by command, Clerk is asked', async () => {
    people(30);
    await run([]);
    for (let n = 0; n < 25; n += 1) rig.clerk.removeMember('org_1', `user_${n}`);
    await rig.sql`update rolecall.memberships set seen_at = seen_at - 600000`;
    const { code, stdout } = await run(['--by', 'ann']);
    expect(code).toBe(1);
    expect(stdout).toContain('Too many were not listed: hold 1 waits');
    const holds = (...args: string[]) => rolecall(['holds', ...args], undefined, environment());
    expect((await holds('list')).stdout).toContain('absences 25 of 30, reconciliation 2');
    expect(await holds('approve', '1', '--json')).toMatchObject({ code: 0, stdout: '{"result":"asked"}\n' });
    expect(await holds('approve', '1')).toMatchObject({ code: 1 });
    // The fifth that mass work leaves is of the bucket that the command has filled.
    await answerLookups(rig, rig.worker({ budget: { callsPerSecond: 10_000, burst: 100 } }));
    expect(await access(rig.sql)).toEqual(providerAccess(rig.clerk));
  });

  it('exits 1 when it fails, and says why in words', async () => {
    people(1);
    await rig.worker().store.pinInstance('ins_other');
    const wrong = await run([]);
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('CLERK_SECRET_KEY belongs to another Clerk instance');
    const refused = await run([], { CLERK_SECRET_KEY: 'sk_test_refused' });
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining('does not take CLERK_SECRET_KEY'),
    ]);
    expect(await access(rig.sql)).toEqual([]);
  });

  it.each([
    [{ CLERK_SECRET_KEY: '' }, 'CLERK_SECRET_KEY is missing'],
    [
      { CLERK_SECRET_KEY: 'pk_test_x' },
      'CLERK_SECRET_KEY must be one key that begins with sk_test_ or sk_live_',
    ],
    [{ CLERK_API_URL: 'ftp://x' }, 'CLERK_API_URL must be an http or https URL'],
    [{ ROLECALL_MODE: 'paused' }, 'in the mode paused Clerk is asked nothing'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL is missing'],
  ])('says what is wrong with %j', async (more, problem) => {
    expect(await run([], more)).toEqual({ code: 1, stdout: '', stderr: `rolecall: ${problem}\n` });
  });

  it('exits 2 for what it does not understand, and tells its options', async () => {
    expect((await run(['--organization', 'no such id'])).code).toBe(2);
    expect((await run(['--everything'])).code).toBe(2);
    const { code, stdout } = await run(['--help']);
    expect([code, stdout.includes('--dry-run'), stdout.includes('--json')]).toEqual([0, true, true]);
  });
});
