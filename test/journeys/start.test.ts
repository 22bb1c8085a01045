import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { isListening } from '../testing/stack/processes.ts';
import { expectNothingLeft, type Script, startScript } from './support/script.ts';

let place: string;
let args: string[];
let started: Script[];

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'rolecall-start-'));
  await chmod(place, 0o755);
  await symlink('elsewhere', join(place, 'data'));
  const ports = [await freePort(), await freePort()].map(String) as [string, string];
  args = ['--folder', join(place, 'data'), '--port', ports[0], '--clerk-port', ports[1]];
  started = [];
});
afterEach(async () => {
  for (const script of started) script.killAll();
  await rm(place, { recursive: true, force: true });
});

/** Reads what it prints, as its user would. */
const start = async () => {
  const script = startScript('start', args);
  started.push(script);
  await script.says(/removeMember/);
  const printed = async (pattern: RegExp) => (await script.says(pattern))[1] ?? '';
  const worker = await printed(/worker +(http:\S+)/);
  const clerk = await printed(/stand-in for Clerk +(http:\S+)/);
  const database = await printed(/Postgres +(postgres:\S+)/);
  const token = await printed(/apps read with +Authorization: Bearer (\S+)/);
  const operator = await printed(/operators with +Authorization: Bearer (\S+)/);
  const say = async (verb: string, what: object) => {
    const answer = await fetch(`${clerk}/stand-in/${verb}`, { method: 'POST', body: JSON.stringify(what) });
    expect([verb, answer.status]).toEqual([verb, 200]);
  };
  const ada = async (): Promise<unknown> => {
    const answer = await fetch(`${worker}/v1/organizations/org_acme/members/user_ada`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.json();
  };
  return { script, urls: [worker, clerk, database], secrets: [token, operator], say, ada };
};

const admin = { member: true, role: 'org:admin' };
const nobody = { member: false, role: null, permissions: [] };

test('npm start prints what to use, does what it prints, keeps it over a SIGKILL and a Ctrl-C, and leaves nothing running', {
  timeout: 120_000,
}, async () => {
  const first = await start();
  await first.say('createUser', { id: 'user_ada' });
  await first.say('createOrganization', { id: 'org_acme' });
  await first.say('addMember', { organizationId: 'org_acme', userId: 'user_ada', role: 'org:admin' });
  await expect.poll(first.ada).toMatchObject(admin);
  first.script.killAll();
  await expectNothingLeft(first.script);

  const second = await start();
  expect(second.secrets).toEqual(first.secrets);
  expect(await second.ada()).toMatchObject(admin);
  await second.say('removeMember', { organizationId: 'org_acme', userId: 'user_ada' });
  await expect.poll(second.ada).toMatchObject(nobody);
  process.kill(-second.script.pid, 'SIGINT');
  expect(await second.script.exited).toBe(0);
  expect(second.script.output()).toMatch(/Stopped\.\n$/);
  await expectNothingLeft(second.script);

  const third = await start();
  expect(await third.ada()).toMatchObject(nobody);
  const commands = third.script.processes().map(({ command }) => command);
  expect(commands).not.toContain(first.secrets[0]);
  for (const part of ['workerd', 'postgres']) expect(commands).toContainEqual(expect.stringContaining(part));
  process.kill(third.script.pid, 'SIGKILL');
  await third.script.exited;
  await expectNothingLeft(third.script);
  expect(await Promise.all(third.urls.map(isListening))).toEqual([false, false, false]);
});
