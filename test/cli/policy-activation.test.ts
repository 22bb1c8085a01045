import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { access, type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

let rig: Rig;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-policies-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const run = (...args: string[]) => rolecall(args, undefined, { DATABASE_URL: rig.url });

/** What a command answers as JSON, with its exit code. */
async function json(...args: string[]): Promise<{ code: number; answer: unknown }> {
  const { code, stdout, stderr } = await run(...args, '--json');
  return { code, answer: JSON.parse(stdout === '' ? stderr : stdout) as unknown };
}

/** A policy in which the two roles of Clerk's default may do these things. */
function policy(name: string, admin: readonly string[], member: readonly string[]): string {
  const file = join(folder, `${name}.mjs`);
  const permissions = Object.fromEntries([...admin, ...member].map((one) => [one, `May ${one}`]));
  const definition = {
    name,
    permissions,
    roles: {
      'org:admin': { title: 'Admin', description: 'Runs it.', givenToCreator: true, can: admin },
      'org:member': { title: 'Member', description: 'Works in it.', can: member },
    },
  };
  writeFileSync(
    file,
    `import { definePolicy } from 'rolecall/policy';\nexport default definePolicy(${JSON.stringify(definition)});\n`,
  );
  return file;
}

describe('policy apply', () => {
  it('says who gains and loses what, makes it so, and does nothing the second time', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a', 'user_b'], 'org:member');
    const file = policy('first', ['posts:write', 'posts:read'], ['posts:read']);

    const { code, answer } = await json('policy', 'diff', file);
    expect(code).toBe(0);
    expect(answer).toMatchObject({
      active: 0,
      unchanged: false,
      cutOff: 2,
      members: 2,
      tooMany: false,
      roles: expect.arrayContaining([
        expect.objectContaining({ role: 'org:member', members: 2, gained: ['posts:read'] }),
      ]) as unknown,
    });
    expect(await access(rig.sql)).not.toContain('org_user_a user_a org:member posts:read');

    expect(await json('policy', 'apply', file, '--by', 'ada', '--reason', 'launch')).toMatchObject({
      code: 0,
      answer: { result: 'applied', version: 1 },
    });
    expect(await access(rig.sql)).toEqual([
      'org_user_a user_a org:member posts:read',
      'org_user_a user_b org:member posts:read',
    ]);
    expect(await json('policy', 'apply', file)).toMatchObject({
      code: 0,
      answer: { result: 'unchanged', version: 1 },
    });
    expect(await json('policy', 'history')).toMatchObject({
      code: 0,
      answer: { policies: [{ version: 1, name: 'first', by: 'ada', reason: 'launch' }] },
    });
  });

  it('goes back to an earlier version, or to the provider’s own roles, as a new version', async () => {
    await seedOrganization(rig, rig.worker(), ['user_a'], 'org:member');
    const before = await access(rig.sql);
    await run('policy', 'apply', policy('one', ['a:do'], ['a:see']));
    await run('policy', 'apply', policy('two', ['b:do'], ['b:see']));
    expect(await access(rig.sql)).toEqual(['org_user_a user_a org:member b:see']);
    expect(await json('policy', 'apply', '--rollback', '1')).toMatchObject({
      code: 0,
      answer: { result: 'applied', version: 3 },
    });
    expect(await access(rig.sql)).toEqual(['org_user_a user_a org:member a:see']);
    expect(await json('policy', 'apply', '--provider')).toMatchObject({
      code: 0,
      answer: { result: 'applied', version: 4 },
    });
    expect(await access(rig.sql)).toEqual(before);
    const { code, stderr } = await run('policy', 'apply', '--rollback', '99');
    expect([code, stderr]).toEqual([1, 'rolecall: there was no version 99\n']);
  });

  it('lets one of two that are applied at once win, and tells the other', async () => {
    const files = ['red', 'blue', 'green'].map((name) => policy(name, [`${name}:do`], [`${name}:see`]));
    const done = await Promise.all(files.map((file) => json('policy', 'apply', file, '--expect', '0')));
    const results = done.map(({ answer }) => (answer as { result: string }).result).sort();
    expect(results).toEqual(['applied', 'conflict', 'conflict']);
    expect(done.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    const { answer } = await json('policy', 'history');
    expect((answer as { policies: unknown[] }).policies).toHaveLength(1);
  });

  it('waits for an operator when more than twenty would lose access', async () => {
    const people = Array.from({ length: 21 }, (_, n) => `user_${n}`);
    await seedOrganization(rig, rig.worker(), people, 'org:member');
    const before = await access(rig.sql);
    const file = policy('harsh', ['nothing:do'], ['nothing:see']);
    const held = await json('policy', 'apply', file, '--reason', 'a slip');
    expect(held).toMatchObject({
      code: 1,
      answer: { result: 'held', hold: 1, preview: { cutOff: 21, tooMany: true } },
    });
    expect(await json('policy', 'apply', file)).toMatchObject({ answer: { result: 'held', hold: 1 } });
    expect(await access(rig.sql)).toEqual(before);
    expect(await json('holds', 'list')).toMatchObject({
      code: 0,
      answer: { holds: [{ id: 1, kind: 'policy', status: 'waiting', reason: 'a slip' }] },
    });

    expect(await json('holds', 'reject', '1', '--by', 'ada')).toMatchObject({ code: 0 });
    expect(await json('holds', 'approve', '1')).toMatchObject({
      code: 1,
      answer: { result: 'not_waiting', hold: { status: 'rejected', decidedBy: 'ada' } },
    });
    expect(await access(rig.sql)).toEqual(before);

    expect(await json('policy', 'apply', file)).toMatchObject({ answer: { result: 'held', hold: 2 } });
    expect(await json('holds', 'approve', '2', '--by', 'bob')).toMatchObject({
      code: 0,
      answer: { result: 'applied', version: 1 },
    });
    expect(await access(rig.sql)).toHaveLength(21);
    expect(await access(rig.sql)).toContain('org_user_0 user_0 org:member nothing:see');
    expect(await json('holds', 'list')).toEqual({ code: 0, answer: { holds: [] } });
  }, 60_000);

  it('does not carry out what waited once another policy has been activated', async () => {
    const people = Array.from({ length: 21 }, (_, n) => `user_${n}`);
    await seedOrganization(rig, rig.worker(), people, 'org:member');
    await run('policy', 'apply', policy('harsh', ['nothing:do'], ['nothing:see']));
    const kind = policy('kind', ['x:do'], ['x:see']);
    await run('policy', 'apply', kind);
    expect(await json('holds', 'approve', '2')).toMatchObject({ code: 0 });
    expect(await json('holds', 'approve', '1')).toMatchObject({
      code: 1,
      answer: { result: 'conflict', version: 1 },
    });
    expect(await access(rig.sql)).toContain('org_user_0 user_0 org:member x:see');
  }, 60_000);

  it('says in plain words what is missing', async () => {
    const file = policy('fine', ['a:do'], ['a:see']);
    expect((await rolecall(['policy', 'apply', file])).stderr).toBe('rolecall: DATABASE_URL is missing\n');
    for (const args of [[], [file, '--rollback', '1'], [file, '--provider']]) {
      const misused = await run('policy', 'apply', ...args);
      expect([misused.code, misused.stderr]).toEqual([
        2,
        'rolecall: give one of a file, --rollback and --provider\n',
      ]);
    }
    expect((await run('policy', 'apply', '--rollback', 'first')).code).toBe(2);
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    const { code, stderr } = await rolecall(['policy', 'history'], undefined, nowhere);
    expect([code, stderr]).toEqual([
      1,
      'rolecall: the database cannot be used: the database is unavailable (rolecall doctor says why)\n',
    ]);
  });
});
