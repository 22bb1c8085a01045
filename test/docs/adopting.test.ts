import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';
import { databaseOn, execute } from '../setup/server.ts';
import { environment } from '../support/serve.ts';
import { shell } from '../support/shell.ts';

const GUIDE = readFileSync('docs/adopting.md', 'utf8');
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const NAME = `rolecall_adopting_${process.pid}`;
const SECOND_SECRET = `whsec_${Buffer.from('the secret of the second endpoint').toString('base64')}`;
const TEAM = 'org_acme';

let folder: string;
let clerk: ServedClerkStandIn;
let app: Sql;
let port: number;
let env: NodeJS.ProcessEnv;
const ran: string[] = [];
const started: ChildProcess[] = [];

/** The app as it was before: a table of its own, and a handler that has never heard of removals. */
async function ownHandler(request: Request): Promise<Response> {
  const { type, data } = JSON.parse(await request.text()) as {
    type: string;
    data: { role: string; organization?: { id: string }; public_user_data?: { user_id: string } };
  };
  if (type === 'organizationMembership.created') {
    const row = {
      organization_id: data.organization?.id,
      user_id: data.public_user_data?.user_id,
      role: data.role,
    };
    await app`insert into memberships ${app(row)}`;
  }
  return new Response();
}

/** Puts a command where the shell finds it. */
function offer(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-adopting-'));
  await execute(inject('databaseUrl'), `create database ${NAME}`);
  const databaseUrl = databaseOn(inject('databaseUrl'), NAME);
  app = postgres(databaseUrl, { max: 1 });
  await app`create table memberships (organization_id text, user_id text, role text)`;
  port = await freePort();
  clerk = await serveClerkStandIn({ endpoints: [{ url: 'http://app.invalid', fetch: ownHandler }] });

  // Rolecall from its sources; and of psql, which need not be installed, the one thing that is used.
  offer('npx', `shift; exec '${process.execPath}' '${MAIN}' "$@"`);
  const driver = import.meta.resolve('postgres');
  writeFileSync(
    join(folder, 'psql.mjs'),
    `import postgres from '${driver}';
     const [url, format, , query] = process.argv.slice(2);
     if (format !== '--csv') throw new Error(format);
     const sql = postgres(url, { max: 1 });
     for await (const text of await sql.unsafe('copy (' + query + ') to stdout with csv header').readable()) process.stdout.write(text);
     await sql.end();`,
  );
  offer('psql', `exec '${process.execPath}' '${join(folder, 'psql.mjs')}' "$@"`);
  env = {
    ...environment(clerk.standIn, clerk.url, databaseUrl),
    CLERK_WEBHOOK_SIGNING_SECRET: SECOND_SECRET,
    APP_DATABASE_URL: databaseUrl,
    ...shell,
    PATH: `${folder}:${process.env['PATH']}`,
  };
});
afterAll(async () => {
  for (const server of started) server.kill('SIGKILL');
  await clerk.close();
  await app.end();
  await execute(inject('databaseUrl'), `drop database ${NAME} with (force)`);
  rmSync(folder, { recursive: true });
});

/** The only command of the guide that begins like this and was not taken yet. */
function command(beginning: string): string {
  const found = [...GUIDE.matchAll(/^```sh\n(.*)\n```/gm)]
    .map(([, line]) => line ?? '')
    .find((line) => line.startsWith(beginning) && !ran.includes(line));
  if (found === undefined) throw new Error(`the guide has no further command ${beginning}`);
  ran.push(found);
  return found.replace('8787', String(port));
}

function run(beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command(beginning)], { cwd: folder, env }, (error, stdout, stderr) =>
      error === null && stderr === '' ? resolve(stdout) : reject(error ?? new Error(stderr)),
    );
  });
}

/** A server of the guide's; resolves with what ends it once it is ready. */
async function start(beginning: string): Promise<() => Promise<void>> {
  // Replaced by what it starts, so that its end is the server's own.
  const script = `exec env ${command(beginning)}`;
  const server = spawn('sh', ['-c', script], { cwd: folder, env, stdio: 'ignore' });
  started.push(server);
  const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status, String);
  await expect.poll(ready, { timeout: 30_000 }).toBe(200);
  return async () => {
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
  };
}

/** Joins, and is signed in. */
function hire(name: string): { id: string; isSignedIn: () => boolean } {
  const { standIn } = clerk;
  const { id } = standIn.createUser({ id: `user_${name}` });
  standIn.addMember(TEAM, id, 'org:member');
  const session = standIn.createSession(id, { organizationId: TEAM });
  return { id, isSignedIn: () => standIn.state.sessions.get(session.id)?.status === 'active' };
}

test('every command of the guide does what the guide says, from the second endpoint to enforcing', {
  timeout: 120_000,
}, async () => {
  const { standIn } = clerk;
  await run('npx rolecall migrate');
  const stop = await start('ROLECALL_MODE=observe npx rolecall serve');
  standIn.addEndpoint({ url: `http://127.0.0.1:${port}/webhooks/clerk`, signingSecret: SECOND_SECRET });

  standIn.createOrganization({ id: TEAM });
  const [ann, ben] = [hire('ann'), hire('ben')];
  await standIn.settled();
  standIn.removeMember(TEAM, ann.id);
  await standIn.settled();
  expect(ann.isSignedIn()).toBe(true);

  await run('psql');
  expect(await run('npx rolecall compare')).toMatch(
    /not a member +org_acme +user_ann +org:member\n\n2 compared: 1 not a member\.\n$/,
  );
  expect(JSON.parse(await run('cat members.csv'))).toMatchObject({
    differences: [{ organization: TEAM, user: ann.id, role: 'org:member', known: null }],
    counts: { members: 2, not_a_member: 1 },
  });
  expect(await run('npx rolecall effects list')).toMatch(/revoke\S* +observed +user_ann/);
  await stop();

  await start('npx rolecall serve');
  standIn.removeMember(TEAM, ben.id);
  await expect.poll(ben.isSignedIn).toBe(false);
  expect(ann.isSignedIn()).toBe(true);
  expect(ran).toEqual([...GUIDE.matchAll(/^```sh\n(.*)\n```/gm)].map(([, line]) => line));
  expect(ran).toHaveLength(GUIDE.split('```sh').length - 1);
});
