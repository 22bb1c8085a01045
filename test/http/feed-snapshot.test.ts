import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replica } from '../feed/support/replica.ts';
import { until } from '../support/serve.ts';
import { activate, teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const ACME = 'read-only-acme-CANARY';
/** More than the sockets between two processes hold, with ids of this length. */
const MEMBERS = 12_500;
const LONG = 'x'.repeat(1_600);

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} acme@org_acme:${ACME}` },
  });
  tell = teller(rolecall);
  const { clerk, sql } = rolecall;
  for (const id of ['user_ada', 'user_bob', 'user_cyd', 'user_dee']) clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other', 'org_gone']) clerk.createOrganization({ id });
  clerk.addMember('org_acme', 'user_ada', 'org:admin');
  clerk.addMember('org_acme', 'user_bob', 'org:member');
  clerk.addMember('org_acme', 'user_dee', 'org:member');
  clerk.addMember('org_other', 'user_cyd', 'org:member');
  clerk.addMember('org_gone', 'user_cyd', 'org:member');
  await tell();
  // Until now in all organizations alike; from now on it makes a difference.
  clerk.removeMember('org_acme', 'user_bob');
  clerk.banUser('user_cyd');
  clerk.deleteUser('user_dee');
  clerk.deleteOrganization('org_gone');
  const ended = clerk.createSession('user_ada', { id: 'sess_ada' });
  clerk.endSession(ended.id);
  await tell();
  await sql`
    insert into rolecall.memberships (id, organization_id, user_id, created_at, role, version_updated_at, version_at, seen_at)
    select 'orgmem_' || n, 'org_many', 'user_' || n || ${LONG}, 1, 'org:member', 1, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
  await sql`
    insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
    select 'org_many', 'user_' || n || ${LONG}, 'orgmem_' || n, 1, 1 from generate_series(1, ${MEMBERS}) as n`;
});
afterAll(() => rolecall.stop());

type Line = Record<string, unknown>;
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const snapshot = async (token?: string) => linesOf((await rolecall.get('/v1/snapshot', token)).text);
const of = (kind: string, lines: readonly Line[]) => lines.filter((line) => line['kind'] === kind);
/** Connections that hold a moment of the database, and wait for their reader. */
const held = async (forMs = 0) => {
  const [row] = await rolecall.sql`
    select count(*)::int as n from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'
       and state_change <= clock_timestamp() - make_interval(secs => ${forMs / 1_000})`;
  return Number(row?.['n']);
};
describe('a snapshot', () => {
  it('is lines of JSON, the first of which says which revision, and the last of which that it is whole', async () => {
    const answer = await rolecall.get('/v1/snapshot');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const lines = linesOf(answer.text);
    const [row] = await rolecall.sql<{ revision: number; epoch: string }[]>`
      select revision::int, (select epoch from rolecall.instance) from rolecall.counter`;
    expect(lines[0]).toMatchObject({
      kind: 'snapshot',
      epoch: row?.epoch,
      revision: row?.revision,
      policy: null,
    });
    const members = of('member', lines).length;
    expect(members).toBe(MEMBERS + 2);
    expect(lines.at(-1)).toEqual({ kind: 'end', revision: row?.revision, members });
    expect(Replica.of(answer.text).members()).toHaveLength(members);
  });

  it('holds who is suspended, was cut off or ended a moment ago, and nothing that was deleted', async () => {
    const lines = await snapshot();
    expect(of('user', lines)).toMatchObject([{ user: 'user_cyd', suspended: true }]);
    expect(of('session', lines)).toEqual([
      { kind: 'session', session: 'sess_ada', user: 'user_ada', ended: true },
    ]);
    expect(of('former_member', lines).map(({ user }) => user)).toContain('user_bob');
    expect(JSON.stringify(of('member', lines))).not.toMatch(/user_dee|org_gone|user_bob/);
    expect(JSON.stringify(of('organization', lines))).not.toContain('org_gone');
  });

  it('leaves out what ended so long ago that no token is left of it', async () => {
    const { sql } = rolecall;
    const long = Date.now() - 11 * 60_000;
    await sql`update rolecall.sessions set ended_at = ${long}`;
    await sql`update rolecall.pairs set cutoff = ${long} where user_id = 'user_bob'`;
    const lines = await snapshot();
    expect(of('session', lines)).toEqual([]);
    expect(JSON.stringify(of('former_member', lines))).not.toContain('user_bob');
    await sql`update rolecall.sessions set ended_at = ${Date.now()}`;
  });

  it('of one organization holds nothing of another, nor of users of none of its members', async () => {
    const lines = await snapshot(ACME);
    expect(of('member', lines)).toMatchObject([{ organization: 'org_acme', user: 'user_ada' }]);
    expect(of('session', lines)).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/org_other|org_many|user_cyd|user_1x/);
    expect(lines.at(-1)).toMatchObject({ kind: 'end', members: 1 });
    expect(of('role', lines).length).toBe(of('role', await snapshot()).length);
  });

  it('tells of a policy: its name, where organization roles reach, features, agents, roles in resources', async () => {
    const other = await startRolecall();
    await activate(other, {
      name: 'rooms',
      scopes: { room: { description: 'A room', organizationRolesReach: true } },
      permissions: { 'rooms:enter': 'Enter' },
      features: { beta: 'New' },
      agents: { tools: { search: 'Search' } },
      roles: {
        'org:admin': {
          title: 'A',
          description: 'A',
          can: [{ permission: 'rooms:enter', feature: 'beta', only: 'own' }],
        },
        HOST: { scope: 'room', title: 'H', description: 'H', can: ['rooms:enter'] },
      },
    });
    other.clerk.createUser({ id: 'user_ada' });
    const metadata = { features: ['beta'], agents: { a1: { tools: { allowed: ['search'] } } } };
    other.clerk.createOrganization({ id: 'org_acme', publicMetadata: metadata });
    other.clerk.addMember('org_acme', 'user_ada', 'org:admin', {
      publicMetadata: { rooms: { r1: 'HOST' }, organizations: { org_acme: 'org:admin' } },
    });
    await teller(other)();
    const lines = linesOf((await other.get('/v1/snapshot')).text);
    expect(lines[0]).toMatchObject({
      policy: { name: 'rooms', version: 1 },
      scopes: { room: { organization_roles_reach: true } },
    });
    expect(of('role', lines)).toMatchObject([
      { role: 'HOST', scope: 'room', grants: [{ permission: 'rooms:enter' }] },
      { role: 'org:admin', grants: [], featured: { beta: [{ permission: 'rooms:enter', only: 'own' }] } },
    ]);
    expect(of('organization', lines)).toMatchObject([
      { features: ['beta'], agents: { a1: ['tool:search'] } },
    ]);
    expect(of('member', lines)).toEqual([
      {
        kind: 'member',
        organization: 'org_acme',
        user: 'user_ada',
        role: 'org:admin',
        roles: [{ role: 'HOST', scope: { type: 'room', id: 'r1' } }],
        cutoff: null,
      },
    ]);
    await other.stop();
  });

  it('is of one revision, whatever is committed while it is read', async () => {
    const response = await fetch(`${rolecall.url}/v1/snapshot`, {
      headers: { authorization: `Bearer ${READ_TOKEN}` },
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    await rolecall.sql`update rolecall.memberships set deleted_at = 1 where organization_id = 'org_many'`;
    await tell(() => rolecall.clerk.addMember('org_other', 'user_ada', 'org:member'));
    let text = first?.value ?? '';
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      text += next.value;
    const lines = linesOf(text);
    expect(lines.at(-1)).toMatchObject({
      kind: 'end',
      revision: lines[0]?.['revision'],
      members: MEMBERS + 2,
    });
    await rolecall.sql`update rolecall.memberships set deleted_at = null where organization_id = 'org_many'`;
  });
});

describe('a download', () => {
  const begin = () =>
    new Promise<{ readonly asked: ClientRequest; readonly answer: IncomingMessage }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${READ_TOKEN}` };
      const asked = request(`${rolecall.url}/v1/snapshot`, { headers }, (answer) => {
        // Not a byte more than what came with the headers.
        answer.pause();
        answer.on('error', () => undefined);
        resolve({ asked, answer });
      });
      asked.once('error', reject);
      asked.end();
    });

  it('that is abandoned lets go of its connection', async () => {
    const { asked } = await begin();
    await until(async () => (await held(300)) === 1);
    asked.destroy();
    await until(async () => (await held()) === 0);
  });

  it('that goes slowly keeps nobody else from being served', async () => {
    const slow = await Promise.all([begin(), begin(), begin()]);
    await until(async () => (await held(300)) === 3);
    const from = Number((await rolecall.sql`select revision from rolecall.counter`)[0]?.['revision']);
    await tell(() => rolecall.clerk.changeRole('org_other', 'user_ada', 'org:admin'));
    expect((await rolecall.get(`/v1/changes?after=${from}`)).json).toMatchObject({
      changes: [{ kind: 'granted' }],
    });
    expect((await snapshot()).at(-1)).toMatchObject({ kind: 'end' });
    for (const { asked } of slow) asked.destroy();
    await until(async () => (await held()) === 0);
  });

  it('is not begun by a HEAD, without a token, or with parameters', async () => {
    const headed = await fetch(`${rolecall.url}/v1/snapshot`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${READ_TOKEN}` },
    });
    expect([headed.status, headed.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect((await rolecall.get('/v1/snapshot', 'wrong')).status).toBe(401);
    expect((await rolecall.get('/v1/snapshot?organization=org_acme', ACME)).status).toBe(400);
    expect(await held()).toBe(0);
  });

  it('that the database breaks off has no end', async () => {
    const { asked, answer } = await begin();
    await until(async () => (await held(300)) === 1);
    await rolecall.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`;
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const broken = new Promise((resolve) => answer.once('close', resolve));
    answer.resume();
    await broken;
    asked.destroy();
    expect(text.includes('"kind":"member"')).toBe(true);
    expect(text.includes('"kind":"end"')).toBe(false);
    expect((await snapshot()).at(-1)).toMatchObject({ kind: 'end' });
  });
});
