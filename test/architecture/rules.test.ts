import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import rules from '../../.dependency-cruiser.mjs';

const violations: Record<string, Record<string, string>> = {
  'domain-stands-alone': { 'domain/a.ts': '../policy/index.ts' },
  'policy-knows-only-the-domain': { 'policy/a.ts': '../pipeline/ports.ts' },
  'pipeline-speaks-to-ports': { 'pipeline/a.ts': '../store/postgres/index.ts' },
  'provider-fills-ports': { 'provider/a.ts': '../store/postgres/index.ts' },
  'store-fills-ports': { 'store/a.ts': '../pipeline/index.ts' },
  'http-tells-the-pipeline': { 'http/a.ts': '../store/postgres/index.ts' },
  'console-tells-the-pipeline': { 'console/a.ts': '../provider/clerk/index.ts' },
  'sdk-without-server': { 'sdk/a.ts': '../pipeline/ports.ts' },
  'runtime-composes': { 'runtime/a.ts': '../cli/main.ts' },
  'pure-without-packages': { 'domain/b.ts': 'valibot' },
  'pipeline-without-packages': { 'pipeline/b.ts': 'hono' },
  'node-only-at-the-edge': { 'runtime/b.ts': 'node:fs' },
  'worker-without-testing': { 'runtime/worker.ts': './c.ts', 'runtime/c.ts': '../testing/index.ts' },
  'worker-without-node': { 'runtime/worker.ts': './d.ts', 'runtime/d.ts': './node.ts' },
  'no-imports-of-tests': { 'http/b.ts': '../../test/a.ts' },
  'checker-stands-apart': { '../chaos/checker/a.ts': '../../src/domain/index.ts' },
  'no-cycles': { 'domain/c.ts': './d.ts', 'domain/d.ts': './c.ts' },
  'no-orphans': { 'domain/e.ts': '' },
  resolvable: { 'domain/f.ts': './nowhere.ts' },
};

const allowed: Record<string, string[]> = {
  'domain/index.ts': [],
  'policy/index.ts': ['../domain/index.ts'],
  'pipeline/ports.ts': ['../domain/index.ts'],
  'pipeline/index.ts': ['./ports.ts', '../policy/index.ts'],
  'provider/clerk/index.ts': ['../../pipeline/ports.ts', 'svix'],
  'store/postgres/index.ts': ['../../pipeline/ports.ts', 'postgres'],
  'http/index.ts': ['../pipeline/index.ts', 'hono'],
  'console/index.ts': ['../http/index.ts', '../pipeline/index.ts'],
  'sdk/index.ts': ['../policy/index.ts', 'hono'],
  'runtime/worker.ts': ['../http/index.ts', '../console/index.ts', '../store/postgres/index.ts'],
  'runtime/node.ts': ['node:http', '../http/index.ts'],
  'runtime/node/shutdown.ts': ['node:process'],
  'cli/main.ts': ['node:fs', '../runtime/node.ts', '../runtime/node/shutdown.ts', '../testing/index.ts'],
  'testing/index.ts': ['node:crypto', '../domain/index.ts'],
};

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

function checkTree(files: Record<string, string[]>) {
  const root = mkdtempSync(join(tmpdir(), 'rolecall-architecture-'));
  directories.push(root);
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  const all: Record<string, string[]> = { '../test/a.ts': [], ...files };
  for (const [path, imports] of Object.entries(all)) {
    const file = join(root, 'src', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${imports.map((name) => `import '${name}';\n`).join('')}export {};\n`);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/check-architecture.mjs', root], {
    encoding: 'utf8',
  });
  const broken = [...stderr.matchAll(/^([\w-]+): (\S+) → /gm)].map(
    ([, rule, path = '']) => `${rule} ${relative('src', path)}`,
  );
  return { status, broken, output: stdout + stderr };
}

test('the layout as it is meant passes', () => {
  expect(checkTree(allowed)).toMatchObject({ status: 0, broken: [] });
});

test('every rule has an import that breaks it, and breaking it fails the check', () => {
  const files = structuredClone(allowed);
  for (const imports of Object.values(violations)) {
    for (const [path, name] of Object.entries(imports)) {
      files[path] = [...(files[path] ?? []), ...(name ? [name] : [])];
    }
  }
  const { status, broken } = checkTree(files);
  expect(status).toBe(1);
  const expected = Object.entries(violations).map(([rule, imports]) => `${rule} ${Object.keys(imports)[0]}`);
  expect(broken).toEqual(expect.arrayContaining(expected));
  expect(Object.keys(violations).sort()).toEqual(rules.forbidden.map((rule) => rule.name).sort());
});

test('a tree without the domain fails, so that checking nothing cannot pass', () => {
  expect(checkTree({ 'index.ts': [] })).toMatchObject({ status: 1 });
});
