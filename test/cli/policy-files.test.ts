import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Outcome, rolecall } from './support/rolecall.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const checked = async (file: string, content: string, ...options: string[]): Promise<Outcome> => {
  await writeFile(join(folder, file), content);
  return rolecall(['policy', 'check', file, ...options], folder);
};

const role = "title: 'Reader', description: 'Reads.'";
const sound = `export default definePolicy({
  name: 'outside',
  permissions: { read: 'Read' },
  roles: { reader: { ${role}, can: ['read'] } },
});`;

test.each(['policy.ts', 'policy.mts', 'policy.mjs'])(
  'a file outside of any package is checked against this version: %s',
  async (file) => {
    const { code, stdout } = await checked(file, `import { definePolicy } from 'rolecall/policy';\n${sound}`);
    expect([code, stdout]).toEqual([0, 'outside: 1 roles, 1 permissions, no problems.\n']);
  },
);

test('every problem of a policy is printed, and the command fails', async () => {
  const wrong = sound.replace("can: ['read']", "can: ['raed'], includes: ['nobody']");
  const { code, stdout, stderr } = await checked(
    'wrong.mjs',
    `import { definePolicy } from 'rolecall/policy';\n${wrong}`,
  );
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    [
      'rolecall: roles.reader.can: there is no permission "raed"',
      'rolecall: roles.reader.includes: there is no role "nobody"',
      'rolecall: permissions.read: is granted by no role',
      '',
    ].join('\n'),
  ]);
});

test('a plain object that did not go through definePolicy is checked all the same', async () => {
  const { code, stderr } = await checked('plain.mjs', `export default { name: 'plain' };`, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toEqual({
    problems: ['permissions: must be an object', 'roles: must be an object'],
  });
});

test.each([
  ['no-default.mjs', 'export const policy = {};', 'no-default.mjs has no default export'],
  ['throwing.mjs', "throw new Error('not today');", 'throwing.mjs could not be loaded: not today'],
  ['odd.mjs', "throw 'a text';", 'odd.mjs could not be loaded: a text'],
  ['broken.ts', 'export default {', 'broken.ts could not be loaded: '],
  ['lost.mjs', "import 'nowhere-at-all';", 'lost.mjs could not be loaded: Cannot find package'],
  ['data.yaml', 'name: data', 'data.yaml'],
])('%s fails with one clear sentence', async (file, content, sentence) => {
  const { code, stdout, stderr } = await checked(file, content);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`rolecall: ${sentence}`);
});

test.each([['nowhere.ts'], ['.']])('what is no file is said to be none: %s', async (file) => {
  for (const verb of ['show', 'check']) {
    const { code, stderr } = await rolecall(['policy', verb, file], folder);
    expect([code, stderr]).toEqual([1, `rolecall: there is no file ${file}\n`]);
  }
});

test.each([
  [['policy']],
  [['policy', 'show']],
  [['policy', 'paint', 'x.ts']],
  [['policy', 'check', 'x.ts', '--yaml']],
])('wrong usage ends with 2: %j', async (args) => {
  expect((await rolecall(args)).code).toBe(2);
});

test('help ends with 0', async () => {
  const { code, stdout } = await rolecall(['policy', 'show', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('--json');
});
