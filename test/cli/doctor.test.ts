import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { createClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { type Running, SIGNING_SECRET, startRolecall } from '../http/support/rolecall.ts';
import { databaseOn, execute } from '../setup/server.ts';
import { rolecall } from './support/rolecall.ts';

interface Check {
  readonly code: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly text: string;
  readonly mend: string | null;
  readonly details: readonly string[];
}

const [READ_TOKEN, OPERATOR_TOKEN] = ['CANARY-read-0123456789-abcdefgh', 'CANARY-operator-0123456789-abcd'];
const KEYS = createClerkStandIn({ autoSend: false });

let running: Running;
let folder: string;
let login: string;
let env: Record<string, string>;

/** A deployment with nothing wrong: a server, a login of its own, Clerk's key and instance, an event that came. */
beforeAll(async () => {
  const session = {
    CLERK_JWT_KEY: KEYS.jwtKeyPem.replaceAll('\n', '\\n'),
    CLERK_ISSUER: KEYS.issuer,
    ROLECALL_AUTHORIZED_PARTIES: 'https://app.example',
  };
  const tokens = {
    ROLECALL_READ_TOKEN: `app:${READ_TOKEN}`,
    ROLECALL_OPERATOR_TOKEN: `ann:${OPERATOR_TOKEN}`,
  };
  running = await startRolecall({
    paused: false,
    environment: { ...session, ...tokens },
    standIn: { privateKeyPem: KEYS.privateKeyPem },
  });
  const { clerk, sql, databaseUrl } = running;
  folder = mkdtempSync(join(tmpdir(), 'rolecall-doctor-'));
  clerk.createUser();
  await clerk.deliver(clerk.outbox[0] ?? expect.fail(), { to: `${running.url}/webhooks/clerk` });
  await sql`
    insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, ended_at)
    values ('done', 'operator', false, 'ann', 'to be sure', now())`;
  await sql`update rolecall.operations set alive_at = now(), mode = 'enforce'`;
  login = `doctor_${randomUUID().slice(0, 8)}`;
  const url = new URL(databaseUrl);
  // Logins belong to the whole server: those of other files may not connect here, and do not count.
  await sql.unsafe(`revoke connect on database ${url.pathname.slice(1)} from public`);
  await makeLogin(login, 'rolecall_service');
  [url.username, url.password] = [login, 'CANARY-password'];
  env = {
    ...session,
    ...tokens,
    DATABASE_URL: url.href,
    CLERK_WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_API_URL: running.clerkUrl,
    ROLECALL_MODE: 'enforce',
  };
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  for (const name of made) await running.sql.unsafe(`drop owned by ${name} cascade`);
  for (const name of made) await running.sql.unsafe(`drop role ${name}`);
  await running.stop();
});

const made: string[] = [];
async function makeLogin(name: string, granted: string, attributes = ''): Promise<string> {
  const { sql, databaseUrl } = running;
  await sql.unsafe(`create role ${name} login password 'CANARY-password' ${attributes}`);
  made.push(name);
  await sql.unsafe(`grant ${granted} to ${name}`);
  await sql.unsafe(`grant connect on database ${new URL(databaseUrl).pathname.slice(1)} to ${name}`);
  return name;
}

async function doctor(changed: Record<string, string> = {}, ...args: string[]) {
  const { code, stdout, stderr } = await rolecall(['doctor', '--json', ...args], undefined, {
    ...env,
    ...changed,
  });
  expect(stderr).toBe('');
  for (const secret of ['CANARY', 'hunter2', SIGNING_SECRET, 'BEGIN PUBLIC'])
    expect(stdout).not.toContain(secret);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  return { code, ok, checks, of: (wanted: string) => checks.find((check) => check.code === wanted) };
}

test('finds nothing wrong with a deployment that has nothing wrong', async () => {
  const { code, ok, checks } = await doctor({}, '--url', running.url);
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
});

/** Breaks something in the database, looks, and puts it back. */
async function broken(
  statements: string,
  mended: string,
  changed: Record<string, string> = {},
  ...args: string[]
) {
  await running.sql.unsafe(statements);
  try {
    return await doctor(changed, ...args);
  } finally {
    await running.sql.unsafe(mended);
  }
}

/** `DATABASE_URL` of another login. */
function as(name: string): Record<string, string> {
  const url = new URL(env['DATABASE_URL'] ?? '');
  url.username = name;
  return { DATABASE_URL: url.href };
}

describe('the environment', () => {
  test('all that is wrong with it is told at once, and what can be looked at is looked at', async () => {
    const { code, of } = await doctor({
      ROLECALL_READ_TOKEN: '',
      CLERK_WEBHOOK_SIGNING_SECRET: 'hunter2',
      ROLECALL_MODE: 'x',
    });
    expect(code).toBe(1);
    expect(of('environment')).toMatchObject({ status: 'fail' });
    expect(of('environment')?.details.map((problem) => problem.split(' ')[0])).toEqual([
      'CLERK_WEBHOOK_SIGNING_SECRET',
      'ROLECALL_READ_TOKEN',
      'ROLECALL_MODE',
    ]);
    expect(of('signing_secret')?.status).toBe('skipped');
    expect(of('tokens')?.status).toBe('skipped');
    for (const seen of ['clerk_key', 'clerk_instance', 'schema', 'database_role']) {
      expect(of(seen)?.status, seen).toBe('ok');
    }
  });

  test('with nothing set everything else is skipped, and nothing breaks', async () => {
    const { code, stdout } = await rolecall(['doctor', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    expect(code).toBe(1);
    expect(checks.filter(({ status }) => status !== 'skipped').map((check) => check.code)).toEqual([
      'environment',
    ]);
    expect(checks.find((check) => check.code === 'database_reachable')?.mend).toContain('rolecall_worker');
  });

  test('tokens that could be guessed are named, not shown', async () => {
    const { code, of } = await doctor({
      ROLECALL_READ_TOKEN: 'shop:CANARY-short',
      ROLECALL_OPERATOR_TOKEN: `ann:${'CANARYCANARY'.repeat(3)}`,
    });
    expect(code).toBe(0);
    expect(of('tokens')).toMatchObject({
      status: 'warn',
      details: ['ROLECALL_READ_TOKEN, shop', 'ROLECALL_OPERATOR_TOKEN, ann'],
    });
  });

  test('a public key that is none, or of another instance, and origins without https', async () => {
    const pem = '-----BEGIN PUBLIC KEY-----\\nMIIBIjANBgkq\\n-----END PUBLIC KEY-----';
    expect((await doctor({ CLERK_JWT_KEY: pem })).of('session_tokens')?.status).toBe('fail');
    const other = createClerkStandIn({ autoSend: false }).jwtKeyPem;
    const { of } = await doctor({ CLERK_JWT_KEY: other, ROLECALL_AUTHORIZED_PARTIES: 'http://app.example' });
    expect(of('clerk_jwt_key')?.status).toBe('fail');
    expect(of('session_tokens')).toMatchObject({ status: 'warn', details: ['http://app.example'] });
  });
});

describe('the database', () => {
  test.each([
    ['a wrong password', { password: 'wrong' }, 'the password is wrong'],
    ['a port where nothing listens', { port: '1' }, 'nothing listens at its address'],
    ['a database that is not there', { pathname: '/nowhere' }, 'there is no database of this name'],
  ])('%s is told in words', async (_, change, words) => {
    const url = Object.assign(new URL(env['DATABASE_URL'] ?? ''), change);
    const { code, of } = await doctor({ DATABASE_URL: url.href });
    expect([code, of('database_reachable')?.status]).toEqual([1, 'fail']);
    expect(of('database_reachable')?.text).toContain(words);
    expect(of('policy')?.status).toBe('skipped');
    expect(of('clerk_key')?.status).toBe('ok');
  });

  test('without our schema it is to be migrated', async () => {
    const name = `rolecall_doctor_${process.pid}`;
    await execute(running.databaseUrl, `create database ${name}`);
    const { code, of } = await doctor({ DATABASE_URL: databaseOn(running.databaseUrl, name) });
    await execute(running.databaseUrl, `drop database ${name} with (force)`);
    expect([code, of('schema')?.status, of('schema')?.mend]).toEqual([1, 'fail', 'Run rolecall migrate.']);
  });

  test('one that keeps text in other letters than UTF-8 cannot be used, and is not migrated', async () => {
    const name = `rolecall_doctor_ascii_${process.pid}`;
    const DATABASE_URL = databaseOn(running.databaseUrl, name);
    await execute(
      running.databaseUrl,
      `create database ${name} encoding 'SQL_ASCII' locale 'C' template template0`,
    );
    const migrated = await rolecall(['migrate', '--json'], undefined, { DATABASE_URL });
    const { code, of } = await doctor({ DATABASE_URL });
    await execute(running.databaseUrl, `drop database ${name} with (force)`);
    expect([migrated.code, migrated.stderr]).toEqual([
      1,
      '{"problems":["the migration failed: Rolecall needs a database whose encoding is UTF8, and this one is SQL_ASCII"]}\n',
    ]);
    expect(of('schema')?.text).toBe('The schema rolecall is not there.');
    expect([code, of('database_encoding')?.status]).toEqual([1, 'fail']);
    expect(of('database_encoding')?.text).toContain('SQL_ASCII');
  });

  test('one that writes payloads into its own log is warned of, until what the doctor says is done', async () => {
    expect((await doctor()).of('database_log')?.status).toBe('ok');
    const settings = [
      'log_parameter_max_length_on_error = -1',
      `log_statement = 'all'`,
      'log_min_duration_statement = 250',
      'log_min_duration_sample = 100',
      'log_transaction_sample_rate = 0.1',
    ];
    for (const setting of settings) {
      const set = `alter role ${login} set ${setting}`;
      const name = setting.split(' ')[0] ?? '';
      const { code, of } = await broken(set, `alter role ${login} reset ${name}`);
      expect([code, of('database_log')?.status, of('database_log')?.details.length], name).toEqual([
        0,
        'warn',
        1,
      ]);
      expect(of('database_log')?.details[0]).toContain(`${name} = `);
      const mend = of('database_log')?.mend?.replace('As a superuser: ', '') ?? '';
      expect(
        (await broken(`${set}; ${mend}`, `alter role ${login} reset all`)).of('database_log')?.status,
      ).toBe('ok');
    }
  });

  test('an older schema lacks what the newest migrations make, and one from the future is too new', async () => {
    const old = await broken(
      'alter function rolecall.read_status(jsonb) rename to later',
      'alter function rolecall.later(jsonb) rename to read_status',
    );
    expect(old.code).toBe(1);
    expect(old.of('schema')).toMatchObject({
      status: 'fail',
      details: [expect.stringMatching(/^migration \d+: function read_status$/)],
    });
    expect(old.of('status')?.status).toBe('skipped');
    const readiness = `create or replace function rolecall.read_readiness(nothing jsonb) returns jsonb language sql stable
      set search_path = pg_catalog, pg_temp`;
    const [was] =
      await running.sql`select pg_get_functiondef('rolecall.read_readiness(jsonb)'::regprocedure) as definition`;
    const future = await broken(
      `${readiness} return '{"schemaVersion": 9, "oldestCode": 9, "providerInstance": null, "restoringSince": null}'::jsonb`,
      String(was?.['definition']),
    );
    expect([future.code, future.of('schema_version')?.status]).toEqual([1, 'fail']);
    expect((await doctor()).of('schema_version')?.status).toBe('ok');
  });

  test('what keeps others out of our schema was taken away', async () => {
    const { code, of } = await broken(
      'alter function rolecall.has_permission(text, text, text, text, text, text) reset search_path; alter table rolecall.users disable row level security',
      'alter function rolecall.has_permission(text, text, text, text, text, text) set search_path = pg_catalog, pg_temp; alter table rolecall.users enable row level security',
    );
    expect(code).toBe(1);
    expect(of('schema_protected')).toMatchObject({
      status: 'fail',
      details: [
        'function rolecall.has_permission has no pinned search_path',
        'table rolecall.users has no row-level security',
      ],
    });
  });

  test('rights that were taken away from the worker are found, and the rest is looked at', async () => {
    const { code, of } = await broken(
      'revoke select on rolecall.holds from rolecall_service',
      'grant select on rolecall.holds to rolecall_service',
    );
    expect([code, of('schema_version')?.status, of('clerk_key')?.status]).toEqual([1, 'fail', 'ok']);
  });

  test('a policy that this version cannot read', async () => {
    const { code, of } = await broken(
      `insert into rolecall.policies (version, name, digest, document, compiled, applied_by, reason)
         values (77, 'odd', 'x', '{"roles": {}, "name": 7}', '{}', 'ann', '');
       update rolecall.active_policy set version = 77`,
      'update rolecall.active_policy set version = 0; delete from rolecall.policies where version = 77',
    );
    expect([code, of('policy')?.status, of('policy_roles')?.status]).toEqual([1, 'fail', 'skipped']);
  });

  test('a login that may do nothing fails; one that may do everything is warned of', async () => {
    const nobody = await makeLogin(`${login}_nobody`, 'rolecall_reader');
    const weak = await doctor(as(nobody));
    expect([weak.code, weak.of('database_role')?.status]).toEqual([1, 'fail']);
    expect(weak.of('database_role')?.mend).toBe(`grant rolecall_service to ${nobody};`);
    const strong = await doctor({ DATABASE_URL: running.databaseUrl });
    expect([strong.code, strong.of('database_role')?.status]).toEqual([0, 'warn']);
  });

  test('an app’s login that passes by row-level security fails, directly or by a role that it is in', async () => {
    const [free, held] = [`${login}_free`, `${login}_held`];
    await makeLogin(held, 'rolecall_subject');
    expect((await doctor()).of('app_roles')).toMatchObject({ status: 'ok', details: [held] });
    await makeLogin(free, 'rolecall_subject', 'bypassrls');
    const { code, of } = await doctor();
    expect(code).toBe(1);
    expect(of('app_roles')).toMatchObject({ status: 'fail', details: [free] });
    expect(of('row_security_bypass')).toMatchObject({ status: 'warn', details: [free] });

    await running.sql.unsafe(
      `alter role ${free} nobypassrls; create role ${free}_group bypassrls; grant ${free}_group to ${free}`,
    );
    made.push(`${free}_group`);
    expect((await doctor()).of('app_roles')).toMatchObject({ status: 'fail', details: [free] });
    await running.sql.unsafe(`revoke ${free}_group from ${free}`);
    expect((await doctor()).of('app_roles')?.status).toBe('ok');
  });

  test('tables whose policies hold nobody are named', async () => {
    const owner = await makeLogin(`${login}_owner`, 'rolecall_subject');
    const { sql } = running;
    const policy = (table: string) =>
      sql.unsafe(`create policy p on ${table} for select to rolecall_subject
        using (organization_id = (select rolecall.my_organizations('invoices:read')))`);
    await sql.unsafe(
      'create table sound (organization_id text); alter table sound enable row level security',
    );
    await sql.unsafe('create table off (organization_id text); create table owned (organization_id text)');
    await sql.unsafe(`alter table owned enable row level security; alter table owned owner to ${owner}`);
    for (const table of ['sound', 'off', 'owned']) await policy(table);
    const wrong = await doctor();
    expect(wrong.code).toBe(1);
    expect(wrong.of('app_tables')).toMatchObject({
      status: 'fail',
      details: ['off: row-level security is not enabled', `owned: belongs to ${owner}, and is not forced`],
    });

    await sql.unsafe('alter table off enable row level security; alter table owned force row level security');
    expect((await doctor()).of('app_tables')).toMatchObject({
      status: 'ok',
      details: ['off', 'owned', 'sound'],
    });
    await sql.unsafe('create table bare (id int); grant select on bare to rolecall_subject');
    expect((await doctor()).of('app_tables')).toMatchObject({ status: 'warn', details: ['bare'] });
    await sql.unsafe('drop table sound, off, owned, bare');
  });
});

describe('Clerk', () => {
  test('a key that is not known, and one of another instance', async () => {
    const unknown = await doctor({ CLERK_SECRET_KEY: 'sk_test_CANARY_of_nobody' });
    expect([unknown.code, unknown.of('clerk_key')?.status]).toEqual([1, 'fail']);
    expect(unknown.of('clerk_key')?.mend).toContain('CLERK_SECRET_KEY');
    expect(unknown.of('clerk_instance')?.status).toBe('skipped');

    await running.sql`update rolecall.instance set provider_instance = 'ins_other'`;
    const other = await doctor();
    await running.sql`update rolecall.instance set provider_instance = ${running.clerk.instanceId}`;
    expect([other.code, other.of('clerk_instance')?.status]).toEqual([1, 'fail']);
    expect((await doctor()).of('clerk_instance')?.status).toBe('ok');
  });

  test.each([
    [-20_000, 'ok'],
    [60_000, 'warn'],
    [-60_000, 'warn'],
    [6 * 60_000, 'fail'],
  ])('a clock that is %i ms off is %s', async (offMs, status) => {
    const skewed = await serveClerkStandIn({
      autoSend: false,
      secretKey: running.clerk.secretKey,
      now: () => Date.now() + offMs,
    });
    const { of } = await doctor({ CLERK_API_URL: skewed.url });
    await skewed.close();
    expect(of('clerk_clock')?.status).toBe(status);
  });

  test('a proxy that answers in its place, a redirect, and nobody at all', async () => {
    running.clerk.failApi({ kind: 'status', status: 502, html: true, times: 1, route: 'GET /v1/instance' });
    expect((await doctor()).of('clerk_key')).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('502') as unknown,
    });
    const moved = await answering(
      () => new Response(null, { status: 301, headers: { location: 'https://api.example' } }),
    );
    expect((await doctor({ CLERK_API_URL: moved.url })).of('clerk_key')).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('elsewhere') as unknown,
    });
    moved.close();
    const { code, of } = await doctor({ CLERK_API_URL: 'http://127.0.0.1:1' });
    expect([code, of('clerk_key')?.status, of('clerk_clock')?.status]).toEqual([1, 'fail', 'skipped']);
  });

  test('a key of one kind for an instance of the other', async () => {
    const live = await serveClerkStandIn({ autoSend: false, secretKey: 'sk_live_CANARY' });
    const { of } = await doctor({ CLERK_API_URL: live.url, CLERK_SECRET_KEY: 'sk_live_CANARY' });
    await live.close();
    expect(of('clerk_key_kind')?.status).toBe('warn');
  });
});

describe('the policy, and how it is being run', () => {
  test('roles that the policy does not know are named', async () => {
    const file = join(folder, 'policy.mjs');
    const admin = "{ title: 'Admin', description: 'Runs it.', givenToCreator: true, can: ['x:do'] }";
    writeFileSync(
      file,
      `export default { name: 'narrow', permissions: { 'x:do': 'Do' }, roles: { 'org:admin': ${admin} } };`,
    );
    const applied = await rolecall(['policy', 'apply', file], undefined, {
      DATABASE_URL: running.databaseUrl,
    });
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    const { code, of } = await doctor();
    expect(code).toBe(0);
    expect(of('policy')?.text).toContain('narrow');
    expect(of('policy_roles')).toMatchObject({ status: 'warn', details: ['org:member'] });
    await rolecall(['policy', 'apply', '--provider'], undefined, { DATABASE_URL: running.databaseUrl });
    expect((await doctor()).of('policy_roles')?.status).toBe('ok');
  });

  test('what the status says is said here too, under its own code', async () => {
    const silent = await broken(
      "update rolecall.operations set alive_at = now() - interval '10 minutes'",
      'update rolecall.operations set alive_at = now()',
    );
    expect(silent.code).toBe(1);
    expect(silent.of('nobody_at_work')).toMatchObject({
      status: 'fail',
      mend: expect.stringContaining('docs/runbooks/') as unknown,
    });
    expect((await doctor({ ROLECALL_MODE: 'observe' })).of('mode')?.status).toBe('warn');
    const late = await broken(
      "update rolecall.reconciliations set ended_at = now() - interval '3 hours'",
      'update rolecall.reconciliations set ended_at = now()',
      { ROLECALL_RECONCILE_EVERY: '1' },
    );
    expect([late.code, late.of('reconciliation_overdue')?.status]).toEqual([0, 'warn']);
  });
});

interface Answering {
  readonly url: string;
  close(): void;
}

/** A server of somebody else's. */
async function answering(answer: (request: Request) => Response | Promise<Response>): Promise<Answering> {
  const [server, port] = await new Promise<[ReturnType<typeof serve>, number]>((resolve) => {
    const started = serve({ fetch: answer, hostname: '127.0.0.1', port: 0 }, ({ port: taken }) =>
      resolve([started, taken]),
    );
  });
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

describe('the deployment', () => {
  test('is looked at only where its URL is told', async () => {
    const { of } = await doctor();
    expect(of('endpoint_url')).toMatchObject({ status: 'skipped', mend: 'rolecall doctor --url https://…' });
    expect((await rolecall(['doctor', '--url', 'ftp://x'])).code).toBe(2);
  });

  test('with another signing secret it refuses what is signed', async () => {
    const secret = `whsec_${btoa('CANARY another signing secret!')}`;
    const { code, of } = await doctor({ CLERK_WEBHOOK_SIGNING_SECRET: secret }, '--url', running.url);
    expect(code).toBe(1);
    expect(of('webhook_takes')).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('another signing secret') as unknown,
    });
    expect(of('webhook_refuses')?.status).toBe('ok');
    expect(of('webhook_database')?.status).toBe('skipped');

    const rotating = await doctor(
      { CLERK_WEBHOOK_SIGNING_SECRET: `${SIGNING_SECRET} ${secret}` },
      '--url',
      running.url,
    );
    expect(rotating.of('webhook_takes')).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('number 2') as unknown,
    });
  });

  test('its path, a redirect, a page in its place, and nobody there are told apart', async () => {
    const wrong = await doctor({}, '--url', `${running.url}/elsewhere`);
    expect(wrong.of('webhook_takes')?.text).toContain('no webhook at this URL (404)');
    expect(wrong.of('endpoint_ready')?.mend).toContain('mounted');

    const moved = await answering(
      () => new Response(null, { status: 308, headers: { location: 'https://app.example/' } }),
    );
    expect((await doctor({}, '--url', moved.url)).of('webhook_takes')?.text).toContain(
      'redirected to https://app.example/',
    );
    moved.close();

    const page = await answering(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
    const { code, of } = await doctor({}, '--url', page.url);
    page.close();
    expect(code).toBe(1);
    expect(of('webhook_refuses')?.status).toBe('fail');
    expect(of('webhook_takes')?.text).toContain('200, a page of HTML');
    expect(of('endpoint_ready')?.status).toBe('fail');

    const gone = await doctor({}, '--url', `http://127.0.0.1:${await freePort()}`);
    expect(gone.of('endpoint_ready')?.text).toContain('ECONNREFUSED');
    expect(gone.of('webhook_takes')?.status).toBe('skipped');
  });

  test('a cache in front of what it reads is found', async () => {
    const kept = new Map<string, { readonly status: number; readonly body: string }>();
    const cache = await answering(async (request) => {
      const { pathname } = new URL(request.url);
      const known = kept.get(pathname);
      if (request.method === 'GET' && known !== undefined)
        return new Response(known.body, { status: known.status });
      const { method, headers } = request;
      const body = method === 'GET' ? {} : { body: await request.text() };
      const answer = await fetch(`${running.url}${pathname}`, { method, headers, ...body });
      const text = await answer.text();
      if (method === 'GET') kept.set(pathname, { status: answer.status, body: text });
      return new Response(text, { status: answer.status });
    });
    const { code, of } = await doctor({}, '--url', cache.url);
    cache.close();
    expect(code).toBe(1);
    expect(of('worker_reads_own_writes')).toMatchObject({
      status: 'fail',
      mend: expect.stringContaining('--caching-disabled') as unknown,
    });
  });

  test('on another database than the one that is looked at it is found out', async () => {
    const other = await startRolecall({ environment: { ROLECALL_OPERATOR_TOKEN: OPERATOR_TOKEN } });
    const { code, of } = await doctor({}, '--url', other.url);
    await other.stop();
    expect([code, of('webhook_database')?.status, of('worker_reads_own_writes')?.status]).toEqual([
      1,
      'fail',
      'ok',
    ]);
  });

  test('an operator token that it does not know leaves only that out', async () => {
    const { code, of } = await doctor(
      { ROLECALL_OPERATOR_TOKEN: 'CANARY-of-somebody-else-0123456789' },
      '--url',
      running.url,
    );
    expect([code, of('worker_reads_own_writes')?.status]).toEqual([0, 'skipped']);
  });
});

test('people see a line for each, how to mend it, and a sum', async () => {
  const { code, stdout } = await rolecall(['doctor'], undefined, {
    ...env,
    CLERK_SECRET_KEY: 'sk_test_CANARY_of_nobody',
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✓ environment +Every variable/);
  expect(stdout).toMatch(/✗ clerk_key +Clerk does not know the secret key \(401\)\.\n +→ Copy it anew/);
  expect(stdout).toMatch(/\d+ ok, 0 to look at, 1 wrong, \d+ not looked at\.\n$/);
});
