import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';

const Lock = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      license: v.optional(v.string()),
      integrity: v.optional(v.string()),
      dev: v.optional(v.boolean(), false),
      optional: v.optional(v.boolean(), false),
      devOptional: v.optional(v.boolean(), false),
      hasInstallScript: v.optional(v.boolean(), false),
    }),
  ),
});
const Manifest = v.object({
  dependencies: v.record(v.string(), v.string()),
  optionalDependencies: v.record(v.string(), v.string()),
  peerDependencies: v.record(v.string(), v.string()),
});
const Files = v.object({ files: v.array(v.object({ path: v.string() })) });
/** By the package's name since npm 12. */
const Packed = v.union([v.array(Files), v.record(v.string(), Files)]);
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'];

describe('the packages that run', () => {
  const { packages } = v.parse(Lock, json('package-lock.json'));
  const { dependencies, optionalDependencies, peerDependencies } = v.parse(Manifest, json('package.json'));
  const shared = Object.keys(peerDependencies).map((name) => `node_modules/${name}`);
  const running = Object.entries(packages).filter(
    ([path, { dev, optional, devOptional }]) =>
      shared.includes(path) || (path !== '' && !dev && !optional && !devOptional),
  );

  it('are of exact versions, each with its hash', () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    expect(running.length).toBeGreaterThanOrEqual(Object.keys(dependencies).length);
    for (const [path, { integrity }] of running) expect(integrity, path).toMatch(/^sha512-/);
  });

  it('are the app’s own where their types meet the app’s: two copies would not fit together', () => {
    for (const name of ['drizzle-orm', 'hono', 'react']) {
      expect(Object.keys(peerDependencies)).toContain(name);
      expect(Object.keys({ ...dependencies, ...optionalDependencies })).not.toContain(name);
    }
  });

  it('run nothing when they are installed', () => {
    expect(running.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it('are under licences that ask for no more than being named', () => {
    for (const [path, { license }] of running) expect(LICENCES, path).toContain(license);
  });
});

describe('what is published', () => {
  let files: string[];
  beforeAll(() => {
    const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    files = Object.values(v.parse(Packed, JSON.parse(listed))).flatMap((one) =>
      one.files.map(({ path }) => path),
    );
  });

  it('is the build, the migrations and the documentation, and nothing of what tries it out', () => {
    expect(files).toContain('SECURITY.md');
    const foreign = files.filter(
      (path) => !/^(dist|drizzle|docs)\/|^(package\.json|wrangler\.toml|LICENSE|[A-Z]+\.md)$/.test(path),
    );
    expect(foreign).toEqual([]);
    expect(files.filter((path) => /\.(test|env|pem|key|log)\b|\.rolecall\//.test(path))).toEqual([]);
  });

  it('holds no key and no token', () => {
    const secret =
      /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]|whsec_[A-Za-z0-9+/]{20}|sk_live_\w|CANARY/;
    const telling = files.filter((path) => secret.test(readFileSync(path, 'utf8')));
    expect(telling).toEqual([]);
  });
});
