import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hermeticEnvironment } from '../../src/testing/stack/hermetic-environment.ts';
import { bareEnvironment } from '../testing/stack/program.ts';
import { rolecall } from './support/rolecall.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const find = createRequire(import.meta.url);
const FILES = [
  '.dev.vars.example',
  '.gitignore',
  'package.json',
  'policy.ts',
  'src/worker.ts',
  'tsconfig.json',
  'wrangler.toml',
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Answer {
  readonly files: readonly { readonly path: string; readonly result: string }[];
  readonly next: readonly string[];
}

async function init(...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await rolecall(['init', ...args, '--json'], folder);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Answer;
}

const paths = (answer: Answer, result: string): string[] =>
  answer.files
    .filter((file) => file.result === result)
    .map(({ path }) => path)
    .sort();

/** A tool of this repository, in the new project. */
function runs(tool: string, args: readonly string[]): Promise<string> {
  const env = {
    ...bareEnvironment,
    ...hermeticEnvironment(folder),
    // The sources, so that nothing has to be built before.
    WRANGLER_BUILD_CONDITIONS: 'rolecall-source,workerd,worker,browser',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [tool, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve(error === null ? '' : `${stdout}${stderr}`),
    );
  });
}

test('the written project can be deployed, and its policy holds and is typed', async () => {
  expect(paths(await init(), 'written')).toEqual(FILES);
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'rolecall'));
  const policy = await readFile(join(folder, 'policy.ts'), 'utf8');
  const misspelt = policy.replace("can: ['reports:read']", "can: ['report:read']");
  await writeFile(join(folder, 'misspelt.ts'), misspelt);
  // The policy alone: the types of the worker are those of this repository.
  const compilerOptions = { customConditions: ['rolecall-source'], allowImportingTsExtensions: true };
  const narrowed = { extends: './tsconfig.json', compilerOptions, include: ['policy.ts', 'misspelt.ts'] };
  await writeFile(join(folder, 'narrowed.json'), JSON.stringify(narrowed));
  const [types, deployed] = await Promise.all([
    runs(join(find.resolve('typescript/package.json'), '..', 'bin', 'tsc'), ['-p', 'narrowed.json']),
    runs(join(find.resolve('wrangler/package.json'), '..', 'bin', 'wrangler.js'), [
      ...['deploy', '--dry-run', '--outdir', 'out'],
    ]),
  ]);
  expect(types.trim().split('\n')).toEqual([expect.stringMatching(/^misspelt\.ts.*"report:read"/)]);
  expect(deployed).toBe('');
  expect(await readFile(join(folder, 'out', 'worker.js'), 'utf8')).toContain('/webhooks/clerk');
  const checked = await rolecall(['policy', 'check', 'policy.ts'], folder);
  expect(checked).toMatchObject({ code: 0, stderr: '' });
});

test('what exists is left as it is, and a second time nothing is written', async () => {
  const own = '{ "name": "mine" }\n';
  await mkdir(join(folder, 'app', 'src'), { recursive: true });
  await writeFile(join(folder, 'app', 'package.json'), own);
  await writeFile(join(folder, 'app', 'wrangler.jsonc'), '{}');
  await writeFile(join(folder, 'app', '.gitignore'), '/node_modules\n*.log');
  const first = await init('app');
  expect(paths(first, 'kept')).toEqual(['package.json', 'wrangler.jsonc']);
  expect(paths(first, 'extended')).toEqual(['.gitignore']);
  expect(await readFile(join(folder, 'app', 'package.json'), 'utf8')).toBe(own);
  expect(await readFile(join(folder, 'app', '.gitignore'), 'utf8')).toBe(
    '/node_modules\n*.log\n.wrangler/\n.rolecall\n.dev.vars\n',
  );
  expect(await readdir(join(folder, 'app'))).not.toContain('wrangler.toml');

  const before = await readFile(join(folder, 'app', '.gitignore'), 'utf8');
  const again = await init('app');
  expect(paths(again, 'kept')).toHaveLength(FILES.length);
  expect(await readFile(join(folder, 'app', '.gitignore'), 'utf8')).toBe(before);
});

test('people are told what was written, and what to do next', async () => {
  const { code, stdout } = await rolecall(['init', 'My App'], folder);
  expect(code).toBe(0);
  expect(stdout).toContain('wrangler.toml: written\n');
  expect(stdout).toContain('1. npm install\n');
  expect(stdout).toMatch(/doctor -- --url/);
  expect(await readFile(join(folder, 'My App', 'wrangler.toml'), 'utf8')).toMatch(/^name = "my-app"$/m);
  expect((await rolecall(['init'], join(folder, 'My App'))).stdout).toContain(
    'wrangler.toml: exists, left as it is\n',
  );
});

test('a folder that is none is a failure in words', async () => {
  await writeFile(join(folder, 'taken'), '');
  const { code, stdout, stderr } = await rolecall(['init', 'taken'], folder);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^rolecall: it could not be written: .*\n$/);
});
