import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rig, seedOrganization, startRig } from '../support/rig.ts';
import { rolecall } from './support/rolecall.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
let folder: string;
let rig: Rig;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-readme-'));
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
});

/** The commands of the README that begin like this, each as its arguments. */
function commands(beginning: string): string[][] {
  const lines = readme.split('\n').filter((line) => line.startsWith(`npx rolecall ${beginning}`));
  return lines.map((line) => {
    const words = line.replace(/\s+#.*/, '').match(/'[^']*'|\S+/g) ?? [];
    return words.slice(2).map((word) => word.replaceAll("'", ''));
  });
}

describe('the README', () => {
  it('shows a policy that holds, and commands that show, compare and activate it', async () => {
    const source = /```ts\n(\/\/ policy\.ts\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    writeFileSync(join(folder, 'policy.ts'), source);
    await seedOrganization(rig, rig.worker(), ['user_a']);
    const found = commands('policy');
    expect(found.map(([, verb]) => verb)).toEqual(['show', 'diff', 'apply', 'history']);
    for (const args of found) {
      const done = await rolecall(args, folder, { DATABASE_URL: rig.url });
      expect([args.join(' '), done.code, done.stderr]).toEqual([args.join(' '), 0, '']);
    }
  });
});
