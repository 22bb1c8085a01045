import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRolecall, type Rolecall } from '../../src/runtime/rolecall.ts';
import { type ServedClerkStandIn, serveClerkStandIn, svixHeaders } from '../../src/testing/index.ts';
import { rolecall as command } from '../cli/support/rolecall.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { databaseOn, execute } from '../setup/server.ts';

const SECRET = `whsec_${btoa('the secret of what was restored!')}`;
const KEY = 'sk_test_restored';
const MEMBER = '/v1/organizations/org_1/members/user_b';

let served: ServedClerkStandIn;
let database: { url: string; drop(): Promise<void> };
let backup = '';
beforeAll(async () => {
  served = await serveClerkStandIn({ autoSend: false, secretKey: KEY, signingSecret: SECRET });
  database = await freshDatabase();
  backup = `${new URL(database.url).pathname.slice(1)}_backup`;
});
afterAll(async () => {
  await served.close();
  await database.drop();
  await execute(databaseOn(database.url, 'postgres'), `drop database if exists ${backup} with (force)`);
});

const open = (url: string): Rolecall =>
  createRolecall({
    environment: {
      DATABASE_URL: url,
      CLERK_WEBHOOK_SIGNING_SECRET: SECRET,
      CLERK_SECRET_KEY: KEY,
      CLERK_API_URL: served.url,
      ROLECALL_READ_TOKEN: 'read',
      ROLECALL_OPERATOR_TOKEN: 'operate',
    },
    writeLog: () => undefined,
  });

async function get(server: Rolecall, path: string): Promise<{ status: number; json: unknown }> {
  const headers = { authorization: 'Bearer read' };
  const response = await server.fetch(new Request(`https://rolecall.test${path}`, { headers }));
  return { status: response.status, json: await response.json() };
}

it('whoever was removed after the backup was made is in no answer of the restored database', async () => {
  const { standIn: clerk } = served;
  const first = open(database.url);
  let told = 0;
  const tell = async () => {
    for (const { id, body } of clerk.outbox.slice(told)) {
      const headers = { ...svixHeaders(SECRET, id, Date.now(), body), 'content-type': 'application/json' };
      const request = new Request('https://rolecall.test/webhooks/clerk', { method: 'POST', headers, body });
      expect((await first.fetch(request)).status).toBe(200);
    }
    told = clerk.outbox.length;
  };
  for (const id of ['user_a', 'user_b']) clerk.createUser({ id });
  clerk.createOrganization({ id: 'org_1' });
  for (const id of ['user_a', 'user_b']) clerk.addMember('org_1', id, 'org:admin');
  await tell();
  expect(await get(first, MEMBER)).toMatchObject({ status: 200, json: { member: true } });
  await first.stop();

  await execute(
    databaseOn(database.url, 'postgres'),
    `create database ${backup} template ${new URL(database.url).pathname.slice(1)}`,
  );
  clerk.removeMember('org_1', 'user_b');

  // An hour later.
  const url = databaseOn(database.url, backup);
  await execute(url, 'update rolecall.memberships set seen_at = seen_at - 3600000');
  const { code } = await command(['restore', '--reason', 'the disk died'], undefined, { DATABASE_URL: url });
  expect(code).toBe(0);
  const second = open(url);
  expect(await get(second, MEMBER)).toMatchObject({ status: 503, json: { error: { code: 'restoring' } } });
  second.start();
  const answers: unknown[] = [];
  const answered = async () => {
    const { status, json } = await get(second, MEMBER);
    if (status === 200) answers.push(json);
    return status;
  };
  await expect.poll(answered, { timeout: 30_000, interval: 20 }).toBe(200);
  expect(answers).toEqual([expect.objectContaining({ member: false, permissions: [] })]);
  expect(await get(second, '/readyz')).toMatchObject({ status: 200 });
  await second.stop();

  const sql = postgres(url, { max: 1 });
  const actions = await sql`
    select action from rolecall.operator_actions where action in ('restore', 'restored') order by id`;
  expect([...actions]).toEqual([{ action: 'restore' }, { action: 'restored' }]);
  await sql.end();
});
