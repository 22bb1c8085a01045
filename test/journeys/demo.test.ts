import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNothingLeft, type Script, startScript } from './support/script.ts';

let keeping: Script;
let breaking: Script;
let interrupted: Script | undefined;

beforeAll(() => {
  // Beside each other, for both mostly wait: for a provider that hangs, and for a promise that nobody keeps.
  keeping = startScript('demo');
  // Observing, Rolecall revokes no session.
  breaking = startScript('demo', ['--mode', 'observe']);
});
afterAll(() => {
  for (const script of [keeping, breaking, interrupted]) script?.killAll();
});

test('npm run demo keeps every promise, exits 0 and leaves nothing running', {
  timeout: 120_000,
}, async () => {
  await keeping.says(/the worker in workerd run/);
  expect(await keeping.exited, keeping.output()).toBe(0);
  expect(keeping.output()).toMatch(/^\d+ steps, \d+ promised outcomes, 0 broken/m);
  expect(keeping.output()).toMatch(/lost +│ 0 of the \d{2,} acknowledged/);
  await expectNothingLeft(keeping);
});

test('npm run demo exits 1 when a promise is broken, says which, and leaves nothing running', {
  timeout: 120_000,
}, async () => {
  await breaking.says(/the worker in workerd run/);
  expect(await breaking.exited).toBe(1);
  expect(breaking.output()).toMatch(/^ {3}✗? *.*session of user_ben is revoked at Clerk/m);
  expect(breaking.output()).toMatch(/ [1-9]\d* broken/);
  await expectNothingLeft(breaking);
});

test('a Ctrl-C in the middle of the demo ends all of it', { timeout: 60_000 }, async () => {
  interrupted = startScript('demo');
  await interrupted.says(/Ada and Ben join/);
  process.kill(-interrupted.pid, 'SIGINT');
  expect(await interrupted.exited).toBe(1);
  await expectNothingLeft(interrupted);
});
