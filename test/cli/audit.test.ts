import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { shell } from '../support/shell.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
let organization: string;
beforeEach(async () => {
  rig = await startRig();
  organization = await seedOrganization(rig, rig.worker(), ['user_a', 'user_b']);
});
afterEach(() => rig.stop());

const run = (...args: string[]) => rolecall(args, undefined, { DATABASE_URL: rig.url });
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

/** Reads CSV as RFC 4180 has it. */
function cells(csv: string): string[][] {
  const rows: string[][] = [];
  for (const record of csv.matchAll(
    /(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*\r\n/g,
  )) {
    const found = [...record[0].matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(?:,|\r\n)/g)];
    rows.push(
      found.map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)),
    );
  }
  return rows;
}

describe('rolecall audit export', () => {
  it('writes every entry as a line of JSON, the oldest first', async () => {
    rig.clerk.removeMember(organization, 'user_b');
    await rig.worker().process(await rig.news());
    const { code, stdout, stderr } = await run('audit', 'export', '--user', 'user_b');
    expect([code, stderr]).toEqual([0, '']);
    const entries = lines(stdout).map((line) => JSON.parse(line) as { kind: string; cause: object });
    expect(entries.map(({ kind }) => kind)).toEqual(['granted', 'removed']);
    expect(entries[1]).toMatchObject({ organization, cause: { type: 'delivery' } });
    expect((await run('audit', 'export', '--to', '2000-01-01T00:00:00Z')).stdout).toBe('');
  });

  it('writes CSV that spreadsheets read and never carry out', async () => {
    const reasons = ['=1+1', '+1', '-1', '@x', '\tx', '\rx', 'a, "quoted"\nline', 'plain', '＝1'];
    for (const reason of reasons) {
      await rig.sql`
        insert into rolecall.operator_actions (operator, action, subject, reason) values ('ann', 'pause_effects', '=HYPERLINK("x")', ${reason})`;
    }
    const { code, stdout } = await run('audit', 'export', '--format', 'csv', '--cause', 'operator');
    expect(code).toBe(0);
    const [head = [], ...rows] = cells(stdout);
    expect(rows.every((row) => row.length === head.length)).toBe(true);
    const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
    expect(column('reason')).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@x",
      "'\tx",
      "'\rx",
      'a, "quoted"\nline',
      'plain',
      "'＝1",
    ]);
    expect(new Set(column('subject'))).toEqual(new Set([`'=HYPERLINK("x")`]));
  });

  it('of more than fits on one page holds every entry once', async () => {
    await rig.sql`
      insert into rolecall.changes (revision, kind, user_id, at, cause)
      select 1000 + n, 'granted', 'user_many', n, 'delivery' from generate_series(1, 1203) as n`;
    const { stdout } = await run('audit', 'export', '--user', 'user_many', '--format', 'csv');
    const rows = lines(stdout).slice(1);
    expect([rows.length, new Set(rows).size]).toEqual([1_203, 1_203]);
  });

  it('that breaks off says so and fails, so that half of a list is not taken for the whole', async () => {
    await rig.sql`
      insert into rolecall.changes (revision, kind, user_id, at, cause)
      select 1000 + n, 'granted', 'user_many', n, 'delivery' from generate_series(1, 1203) as n`;
    // The second page cannot be read: its times are none that this code knows.
    await rig.sql`update rolecall.changes set cutoff_of = 'user', cutoff_at = 1 where revision = 2100`;
    const { code, stderr } = await run('audit', 'export', '--user', 'user_many');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rolecall: it broke off after \d+ lines: the database cannot be used/);
  });
});

it('an export whose reader goes away ends as failed, and without a stack', async () => {
  await rig.sql`
    insert into rolecall.changes (revision, kind, user_id, at, cause)
    select 1000 + n, 'granted', 'user_many', n, 'delivery' from generate_series(1, 3000) as n`;
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'audit', 'export'], {
    env: { ...shell, DATABASE_URL: rig.url },
  });
  let told = '';
  child.stderr.on('data', (data: Buffer) => {
    told += data.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'close')) as [number];
  expect([code, told]).toEqual([1, expect.stringMatching(/^rolecall: it broke off after \d+ lines: .+\n$/)]);
});

describe('rolecall audit review', () => {
  it('writes members and invitations as lines of JSON or as CSV', async () => {
    rig.clerk.createInvitation(organization, '=cmd@acme.test', 'org:member', { inviterId: 'user_a' });
    await rig.worker().process(await rig.news());
    const { code, stdout } = await run('audit', 'review', organization);
    expect(code).toBe(0);
    expect(lines(stdout).map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ type: 'member', user: 'user_a', role: 'org:admin', guest: false }),
      expect.objectContaining({ type: 'member', user: 'user_b' }),
      expect.objectContaining({ type: 'invitation', email: '=cmd@acme.test', inviter: 'user_a' }),
    ]);
    const [head = [], ...rows] = cells(
      (await run('audit', 'review', organization, '--format', 'csv')).stdout,
    );
    expect(
      rows.map((row) => [row[head.indexOf('type')], row[head.indexOf('user')], row[head.indexOf('email')]]),
    ).toEqual([
      ['member', 'user_a', ''],
      ['member', 'user_b', ''],
      ['invitation', '', "'=cmd@acme.test"],
    ]);
    expect(rows.every((row) => row.length === head.length)).toBe(true);
  });

  it('fails for an organization of which nothing was ever told', async () => {
    expect(await run('audit', 'review', 'org_none', '--format', 'csv')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'rolecall: nothing was ever told of that organization\n',
    });
  });
});

describe('rolecall members list', () => {
  it('shows who belongs to an organization, in which role, since when and how much they hold', async () => {
    rig.clerk.changeRole(organization, 'user_b', 'org:member');
    rig.clerk.banUser('user_b');
    await rig.worker().process(await rig.news());
    const { code, stdout } = await run('members', 'list', '--organization', organization);
    expect(code).toBe(0);
    expect(stdout).toMatch(/user_a +org:admin +\d{4}-.+Z +\d+\n/);
    expect(stdout).toMatch(/user_b +org:member +\d{4}-.+Z +suspended\n/);
    const answer = await run(
      'members',
      'list',
      '--organization',
      organization,
      '--role',
      'org:member',
      '--json',
    );
    expect(JSON.parse(answer.stdout)).toMatchObject({
      organization,
      more: false,
      members: [{ user: 'user_b', role: 'org:member', suspended: true, permissions: [] }],
    });
    expect((await run('members', 'list', '--organization', 'org_none')).stdout).toBe('There are none.\n');
  });
});

describe('rolecall explain', () => {
  it('says yes or no in a sentence, and why', async () => {
    const yes = await run('explain', 'user_a', organization, 'org:sys_memberships:manage');
    expect(yes.code).toBe(0);
    expect(yes.stdout).toMatch(
      /^Yes: user_a holds org:sys_memberships:manage in org_user_a\.\n {2}user_a is a member of org_user_a since .+\n {2}org:admin grants org:sys_memberships:manage\.\n/,
    );
    rig.clerk.removeMember(organization, 'user_b');
    const [removal] = await rig.news();
    if (removal !== undefined) await rig.worker().process([removal]);
    const no = await run('explain', 'user_b', organization, 'org:sys_memberships:manage');
    expect(no.stdout).toContain('No: user_b does not hold org:sys_memberships:manage');
    expect(no.stdout).toContain(`told by delivery ${removal?.id}`);
    const asked = await run('explain', 'user_nobody', organization, '--json');
    expect(JSON.parse(asked.stdout)).toMatchObject({ answer: null, because: [{ code: 'never_named' }, {}] });
  });
});

it.each([
  [['audit', 'export', '--from', 'yesterday'], '--from cannot be read'],
  [['audit', 'export', '--cause', 'nobody'], '--cause cannot be read'],
  [['audit', 'review', 'a/b'], 'that is no id of an organization'],
  [['members', 'list', '--organization', 'a/b'], '--organization cannot be read'],
  [['explain', 'a/b', 'org_1'], 'that is no id of a user'],
  [['explain', 'user_1', 'org_1', 'a b'], 'that is no name of a permission'],
])('%j is wrong usage, and said to be', async (args, problem) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: `rolecall: ${problem}\n` });
});

it('every one of these commands tells its options', async () => {
  for (const command of [['audit', 'export'], ['audit', 'review'], ['members', 'list'], ['explain']]) {
    const { code, stdout } = await run(...command, '--help');
    expect([code, stdout.includes('--json')], command.join(' ')).toEqual([0, true]);
  }
});
