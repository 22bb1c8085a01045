import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
let folder: string;
const team = 'org_user_stays';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-compare-'));
  rig = await startRig();
  const worker = rig.worker();
  await seedOrganization(rig, worker, ['user_stays', 'user_left', 'user_demoted', 'user_banned']);
  rig.clerk.removeMember(team, 'user_left');
  rig.clerk.changeRole(team, 'user_demoted', 'org:member');
  rig.clerk.banUser('user_banned');
  await worker.process(await rig.news());
  await worker.dispatch();
}, 60_000);
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
});

/** What it answers about a list. */
async function compare(list: string, ...options: string[]) {
  const file = join(folder, 'members');
  writeFileSync(file, list);
  return rolecall(['compare', file, ...options], undefined, { DATABASE_URL: rig.url });
}

async function differences(list: string): Promise<unknown> {
  const { code, stdout, stderr } = await compare(list, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

const members = ['stays', 'left', 'demoted', 'banned', 'unheard_of'].map((name) => `user_${name}`);
const found = [
  { user: 'user_left', difference: 'not_a_member', role: 'org:admin', known: null },
  { user: 'user_demoted', difference: 'other_role', role: 'org:admin', known: 'org:member' },
  { user: 'user_banned', difference: 'suspended', role: 'org:admin', known: 'org:admin' },
  { user: 'user_unheard_of', difference: 'not_a_member', role: 'org:admin', known: null },
].map((one) => ({ organization: team, ...one }));
const counts = { members: 5, not_a_member: 2, suspended: 1, contested: 0, other_role: 1 };

describe('compare', () => {
  test.each([
    ['CSV', members.map((user) => `${team},${user},org:admin`).join('\n')],
    [
      'CSV with a header',
      `organization,user,role\n${members.map((user) => `${team},${user},org:admin\n`).join('')}`,
    ],
    [
      'CSV as databases write it, with other columns, quotes and Windows line ends',
      `\uFEFFid,role,"user_id",organization_id,note\r\n${members.map((user) => `7,org:admin,"${user}",${team},"says ""hi"", often"\r\n`).join('')}`,
    ],
    [
      'JSON lines',
      members
        .map((user) => JSON.stringify({ organization: team, user, role: 'org:admin', since: 1 }))
        .join('\n'),
    ],
  ])('tells who is still let in, and who has another role: %s', async (_, list) => {
    expect(await differences(list)).toEqual({ differences: found, counts, complete: true });
  });

  test('says it in a table for people', async () => {
    const { code, stdout } = await compare(members.map((user) => `${team},${user},org:admin`).join('\n'));
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['difference', 'organization', 'user', 'the app says', 'Rolecall says'],
      expect.anything(),
      ['not a member', team, 'user_left', 'org:admin'],
      ['another role', team, 'user_demoted', 'org:admin', 'org:member'],
      ['suspended', team, 'user_banned', 'org:admin', 'org:admin'],
      ['not a member', team, 'user_unheard_of', 'org:admin'],
      [''],
      ['5 compared: 2 not a member, 1 suspended, 1 another role.'],
      [''],
    ]);
  });

  test('asks for no role where the app names none, and takes one without its prefix', async () => {
    const agreed = { differences: [], complete: true };
    expect(await differences(`${team},user_stays\n${team},user_demoted,\n`)).toMatchObject(agreed);
    expect(await differences(`${team},user_stays,admin\n${team},user_demoted,member`)).toMatchObject(agreed);
  });

  test('of an empty list, also one of a header alone, finds nothing', async () => {
    for (const list of ['', '\n\n', 'organization,user,role\n']) {
      expect(await differences(list)).toMatchObject({ differences: [], counts: { members: 0 } });
    }
    expect((await compare('')).stdout).toBe('0 compared: no differences.\n');
  });

  test('finds each one among many batches', async () => {
    const many = Array.from(
      { length: 3_001 },
      (_, index) => `${team},user_${index % 3 ? 'stays' : `no_${index}`}`,
    );
    expect(await differences(many.join('\n'))).toMatchObject({
      counts: { members: 3_001, not_a_member: 1_001, other_role: 0 },
    });
  });

  test.each([
    ['a line without a user', `${team},user_stays\n\n${team}\n`, 'line 3 cannot be read: it names no user'],
    ['an id that is none', `${team},user stays`, 'line 1 cannot be read: it names no user'],
    ['too many columns', `${team},user_a,org:admin,x`, 'line 1 cannot be read: it has more than 3 columns'],
    ['open quotes', `"${team},user_a`, 'line 1 cannot be read: its quotes do not match'],
    [
      'half an object',
      `{"organization":"${team}","user":"user_stays"}\n{"organ`,
      'line 2 cannot be read: it is no JSON object',
    ],
    [
      'a role that is no text',
      `{"organization":"${team}","user":"user_stays","role":1}`,
      'line 1 cannot be read: its role is no text',
    ],
    ['something without line breaks', 'x'.repeat(200_000), 'line 1 cannot be read: it is too long'],
  ])('fails at %s and names the line', async (_, list, problem) => {
    expect(await compare(list)).toMatchObject({ code: 1, stderr: `rolecall: ${problem}\n` });
    const { code, stdout, stderr } = await compare(list, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({ problems: [problem] });
    expect(JSON.parse(stdout)).toMatchObject({ complete: false });
  });

  test('fails without the file, or a database, and needs a file to be named', async () => {
    const env = { DATABASE_URL: rig.url };
    const { code, stderr } = await rolecall(['compare', join(folder, 'missing.csv')], undefined, env);
    expect(code).toBe(1);
    expect(stderr).toContain('missing.csv');
    const nowhere = await rolecall(['compare', '-'], undefined, {});
    expect(nowhere).toMatchObject({ code: 1, stderr: 'rolecall: DATABASE_URL is missing\n' });
    expect(await rolecall(['compare'], undefined, env)).toMatchObject({ code: 2 });
  });
});
