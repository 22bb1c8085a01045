import { afterEach, expect, test } from 'vitest';
import { expectNothingLeft, type Script, startScript } from './support/script.ts';

let script: Script;
afterEach(() => script.killAll());

test('npm run demo keeps every promise, exits 0 and leaves nothing running', {
  timeout: 120_000,
}, async () => {
  script = startScript('demo');
  await script.says(/the worker in workerd run/);
  expect(await script.exited, script.output()).toBe(0);
  expect(script.output()).toMatch(/^\d+ steps, \d+ promised outcomes, 0 broken/m);
  expect(script.output()).toMatch(/lost +│ 0 of the \d{2,} acknowledged/);
  await expectNothingLeft(script);
});

test('npm run demo exits 1 when a promise is broken, says which, and leaves nothing running', {
  timeout: 120_000,
}, async () => {
  // Observing, Rolecall revokes no session.
  script = startScript('demo', ['--mode', 'observe']);
  await script.says(/the worker in workerd run/);
  expect(await script.exited).toBe(1);
  expect(script.output()).toMatch(/^ {3}✗? *.*session of user_ben is revoked at Clerk/m);
  expect(script.output()).toMatch(/ [1-9]\d* broken/);
  await expectNothingLeft(script);
});

test('a Ctrl-C in the middle of the demo ends all of it', { timeout: 60_000 }, async () => {
  script = startScript('demo');
  await script.says(/Ada and Ben join/);
  process.kill(-script.pid, 'SIGINT');
  expect(await script.exited).toBe(1);
  await expectNothingLeft(script);
});
