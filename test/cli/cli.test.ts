import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { VERSION } from '../../src/http/version.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { databaseOn, execute } from '../setup/server.ts';
import { environment, serving, rolecall as started } from '../support/serve.ts';
import { rolecall } from './support/rolecall.ts';

// Processes and servers start slowly on a machine that has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let clerk: ServedClerkStandIn;
let databaseUrl: string;
const NAME = `rolecall_cli_${process.pid}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-cli-'));
  clerk = await serveClerkStandIn({ autoSend: false });
  await execute(inject('databaseUrl'), `create database ${NAME}`);
  databaseUrl = databaseOn(inject('databaseUrl'), NAME);
});
afterAll(async () => {
  await clerk.close();
  await execute(inject('databaseUrl'), `drop database ${NAME} with (force)`);
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await rolecall(args, folder, env);
  return { code, out: stdout, err: stderr };
}

test.each([
  [0, ['--help'], /^Usage: rolecall/, /^$/],
  [1, ['migrate'], /^$/, /^rolecall: DATABASE_URL is missing\n$/],
  [2, ['dance'], /^$/, /unknown command/],
])('as a process it ends with %i, and writes where it should: %j', async (code, args, out, err) => {
  const command = started(args, {}, folder);
  expect(await command.ended).toEqual({ code, signal: null });
  expect(command.out()).toMatch(out);
  expect(command.err()).toMatch(err);
});

test('says which version it is', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: `${VERSION}\n`, err: '' });
});

test('the statements of the migration are printed as they are, or as JSON', async () => {
  const [plain, json] = [await run(['migrate', '--sql']), await run(['migrate', '--sql', '--json'])];
  expect([plain.code, json.code]).toEqual([0, 0]);
  expect(plain.out).toMatch(/^BEGIN;/);
  expect(JSON.parse(json.out)).toEqual({ sql: plain.out });
});

test('all that is wrong with the environment is told before serving, the database’s address with the rest', async () => {
  const { code, out, err } = await run(['serve', '--json'], { DATABASE_URL: 'CANARY', ROLECALL_MODE: 'x' });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  const { problems } = JSON.parse(err) as { problems: string[] };
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'CLERK_WEBHOOK_SIGNING_SECRET',
    'CLERK_SECRET_KEY',
    'ROLECALL_READ_TOKEN',
    'ROLECALL_OPERATOR_TOKEN',
    'ROLECALL_MODE',
    'DATABASE_URL',
  ]);
  expect(err).not.toContain('CANARY');
});

test.each([
  ['no command', []],
  ['an unknown command', ['dance']],
  ['an unknown option', ['migrate', '--loudly']],
  ['a port that is none', ['serve', '--port', 'http']],
  ['a port beyond the last', ['serve', '--port', '65536']],
  ['a base path without its slash', ['serve', '--base-path', 'rolecall']],
  ['a base path that is all there is', ['serve', '--base-path', '/']],
  ['a base path that ends with a slash', ['serve', '--base-path', '/rolecall/']],
  ['a base path that is a pattern', ['serve', '--base-path', '/:tenant']],
])('%s is wrong usage: exit code 2, and a hint on standard error', async (_, args) => {
  const { code, out, err } = await run(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).not.toBe('');
});

test.each([[['--help']], [['serve', '--help']], [['migrate', '--help']]])(
  '%s explains itself and is a success',
  async (args) => {
    const { code, out } = await run(args);
    expect(code).toBe(0);
    expect(out).toContain('Usage: rolecall');
  },
);

test('migrate without a database fails, in words or as JSON', async () => {
  expect(await run(['migrate'])).toEqual({ code: 1, out: '', err: 'rolecall: DATABASE_URL is missing\n' });
  const { code, err } = await run(['migrate', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(err)).toEqual({ problems: ['DATABASE_URL is missing'] });
});

test('migrate on a database that cannot be reached fails without showing the password', async () => {
  const { code, out, err } = await run(['migrate', '--json'], {
    DATABASE_URL: 'postgres://someone:hunter2@127.0.0.1:1/nowhere',
  });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(JSON.parse(err)).toEqual({ problems: [expect.stringContaining('the migration failed')] });
  expect(err).not.toContain('hunter2');
});

test('serving before migrating is told so, and is not ready until it is done; migrating twice is fine', async () => {
  const server = started(
    ['serve', '--port', '0', '--json'],
    environment(clerk.standIn, clerk.url, databaseUrl),
    folder,
  );
  const url = await serving(server);
  expect(server.err()).toContain('Run `rolecall migrate` first');
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  clerk.standIn.createUser();
  const event = clerk.standIn.outbox.at(-1);
  if (event === undefined) throw new Error('an event');
  const early = await clerk.standIn.deliver(event, { to: `${url}/webhooks/clerk` });
  expect({ status: early.status, retry: early.headers.has('retry-after') }).toEqual({
    status: 503,
    retry: true,
  });

  expect(await run(['migrate'], { DATABASE_URL: databaseUrl })).toEqual({
    code: 0,
    out: 'The schema is up to date.\n',
    err: '',
  });
  const again = await run(['migrate', '--json'], { DATABASE_URL: databaseUrl });
  expect({ code: again.code, out: JSON.parse(again.out) as unknown }).toEqual({
    code: 0,
    out: { migrated: true },
  });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await clerk.standIn.deliver(event, { to: `${url}/webhooks/clerk` })).status).toBe(200);
  server.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
});

test('migrate --sql prints a script that an empty database takes as it is, and touches none itself', async () => {
  const { code, out } = await run(['migrate', '--sql'], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere',
  });
  expect(code).toBe(0);
  const name = `${NAME}_script`;
  await execute(inject('databaseUrl'), `create database ${name}`);
  const sql = postgres(databaseOn(inject('databaseUrl'), name), { max: 1, onnotice: () => undefined });
  await sql.unsafe(out);
  expect(await sql`select rolecall.revision()::int as revision`).toEqual([{ revision: 0 }]);
  await sql.end();
  await execute(inject('databaseUrl'), `drop database ${name}`);
});

test('serve lists everything that is wrong with its environment at once, and none of the values', async () => {
  const env = {
    NODE_ENV: 'production',
    CLERK_WEBHOOK_SIGNING_SECRET: 'whsec_hunter2',
    CLERK_SECRET_KEY: 'hunter2',
    CLERK_API_URL: 'ftp://hunter2',
    ROLECALL_MODE: 'hunter2',
  };
  const { code, out, err } = await run(['serve', '--json'], env);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  const { problems } = JSON.parse(err) as { problems: string[] };
  for (const name of [
    ...Object.keys(env).slice(1),
    'ROLECALL_READ_TOKEN',
    'ROLECALL_OPERATOR_TOKEN',
    'DATABASE_URL',
  ]) {
    expect(
      problems.filter((problem) => problem.startsWith(name)),
      name,
    ).toHaveLength(1);
  }
  expect(err).not.toContain('hunter2');
});

test('in production serve does without an embedded Postgres', async () => {
  const { code, err } = await run(['serve'], {
    ...environment(clerk.standIn, clerk.url),
    NODE_ENV: 'production',
  });
  expect({ code, err }).toEqual({
    code: 1,
    err: 'rolecall: DATABASE_URL is missing (no embedded Postgres in production)\n',
  });
  expect(existsSync(join(folder, '.rolecall'))).toBe(false);
});

test('a port that is taken is a failure in words, not a stack trace', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { code, err } = await run(
    ['serve', '--port', port],
    environment(clerk.standIn, clerk.url, databaseUrl),
  );
  expect(code).toBe(1);
  expect(err).toMatch(/^rolecall: it could not be served: .*EADDRINUSE.*\n$/);
  other.close();
});

test('without a database serve brings its own, migrated, keeps its data, and takes it down again', async () => {
  const env = environment(clerk.standIn, clerk.url);
  const own = join(folder, '.rolecall', 'postgres');
  clerk.standIn.createUser();
  const event = clerk.standIn.outbox.at(-1);
  if (event === undefined) throw new Error('an event');
  const outcomes: unknown[] = [];
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = started(['serve', '--port', '0', '--json'], env, folder);
    const url = await serving(server);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { body } = await clerk.standIn.deliver(event, { to: `${url}/webhooks/clerk` });
    outcomes.push((JSON.parse(body) as { outcome: string }).outcome);
    server.kill(signal);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(existsSync(join(own, 'postmaster.pid'))).toBe(false);
  }
  expect(outcomes).toEqual(['applied', 'duplicate']);
});
