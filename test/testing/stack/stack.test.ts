import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { childrenOf, isListening, killAll, membersOf } from './processes.ts';
import { type RunningProgram, startProgram } from './program.ts';

const program = fileURLToPath(new URL('./fixtures/stack-program.ts', import.meta.url));
const fixture = fileURLToPath(new URL('./fixtures/worker', import.meta.url));

const Introduction = v.object({
  group: v.number(),
  users: v.number(),
  instance: v.string(),
  worker: v.string(),
  clerk: v.string(),
  database: v.string(),
  secrets: v.array(v.string()),
});
type Introduction = v.InferOutput<typeof Introduction>;
const Answered = v.object({ answered: v.number() });

let place: string;
let folder: string;
let started: { run: RunningProgram; group: number }[];

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'rolecall-test-'));
  await chmod(place, 0o755);
  await cp(fixture, join(place, 'worker'), { recursive: true });
  // A link to a folder that does not exist yet.
  folder = join(place, 'link');
  await symlink('real', folder);
  started = [];
});

afterEach(async () => {
  for (const { run, group } of started) {
    killAll([...membersOf(group), ...membersOf(run.pid)]);
  }
  await rm(place, { recursive: true, force: true });
});

/** In a group of its own, as a terminal would start it. */
const start = async (): Promise<{ run: RunningProgram; is: Introduction }> => {
  const run = startProgram(program, [folder, join(place, 'worker', 'wrangler.toml')], { detached: true });
  const is = await run.next(Introduction);
  started.push({ run, group: is.group });
  return { run, is };
};

const expectNothingLeft = async (run: RunningProgram, { group, worker, clerk, database }: Introduction) => {
  await expect.poll(() => [...membersOf(group), ...membersOf(run.pid)]).toEqual([]);
  expect(await Promise.all([worker, clerk, database].map(isListening))).toEqual([false, false, false]);
};

test('however it ends it leaves nothing running, and its database, Clerk and credentials come back, behind a link', {
  timeout: 120_000,
}, async () => {
  const first = await start();
  const sql = postgres(first.is.database, { max: 1 });
  await sql`create table kept as select 'é'::text as value`;
  await sql.end();
  // The parent is killed.
  process.kill(first.run.pid, 'SIGKILL');
  await first.run.exited;
  await expectNothingLeft(first.run, first.is);

  const { secrets, instance } = first.is;
  const second = await start();
  expect(second.is).toMatchObject({ users: 2, instance, secrets });
  // The child is, and that is a failure.
  process.kill(second.is.group, 'SIGKILL');
  expect(await second.run.exited).toEqual([1, null]);
  await expectNothingLeft(second.run, second.is);

  const third = await start();
  expect(third.is).toMatchObject({ users: 3, instance, secrets });
  // Both are.
  process.kill(third.run.pid, 'SIGKILL');
  process.kill(third.is.group, 'SIGKILL');
  await third.run.exited;
  await expectNothingLeft(third.run, third.is);

  const fourth = await start();
  expect(fourth.is).toMatchObject({ users: 4, instance, secrets });
  process.kill(fourth.run.pid, 'SIGTERM');
  expect(await fourth.run.next(Answered)).toEqual({ answered: 1 });
  expect(await fourth.run.exited).toEqual([0, null]);
  await expectNothingLeft(fourth.run, fourth.is);

  const fifth = await start();
  expect(fifth.is).toMatchObject({ users: 5, instance, secrets });
  const again = postgres(fifth.is.database, { max: 1 });
  expect(await again`select value from kept`).toEqual([{ value: 'é' }]);
  await again.end();
  expect(await realpath(folder)).toBe(join(await realpath(place), 'real'));
});

test('while it runs, cron fires, no secret stands on a command line, its data is its own, and a Ctrl-C to the whole group answers what is on its way', async () => {
  const { run, is } = await start();
  const commands = [...membersOf(is.group), ...membersOf(run.pid)].map(({ command }) => command).join('\n');
  for (const part of ['workerd', 'postgres']) expect(commands).toContain(part);
  for (const secret of [...is.secrets, new URL(is.database).password]) expect(commands).not.toContain(secret);

  const answer = async () =>
    v.parse(v.object({ scheduled: v.number() }), await (await fetch(is.worker)).json());
  await expect.poll(async () => (await answer()).scheduled).toBeGreaterThan(2);

  const second = startProgram(program, [folder, join(place, 'worker', 'wrangler.toml')]);
  expect(await second.exited).toEqual([1, null]);
  expect(second.errors()).toContain(`is in use: process ${is.group}`);
  expect(await isListening(is.database)).toBe(true);

  process.kill(-run.pid, 'SIGINT');
  expect(await run.next(Answered)).toEqual({ answered: 1 });
  expect(await run.exited).toEqual([0, null]);
  expect(run.errors()).toBe('');
  await expectNothingLeft(run, is);
});

test('a stop while it starts leaves nothing running', async () => {
  const run = startProgram(program, [folder, join(place, 'worker', 'wrangler.toml')], { detached: true });
  started.push({ run, group: run.pid });
  await expect.poll(() => existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(true);
  const group = childrenOf(run.pid)[0] ?? Number.NaN;
  process.kill(-run.pid, 'SIGINT');
  expect(await run.exited).toEqual([130, null]);
  await expect.poll(() => [...membersOf(group), ...membersOf(run.pid)]).toEqual([]);
});
