import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolecall as command } from '../cli/support/rolecall.ts';
import { readEvents } from './support/events.ts';
import { OPERATORS, operatorOf } from './support/operator.ts';
import { type Answer, READ_TOKEN, type Running } from './support/rolecall.ts';
import { type SessionScene, startSessionScene } from './support/session-tokens.ts';

let scene: SessionScene;
let rolecall: Running;
beforeAll(async () => {
  scene = await startSessionScene(OPERATORS);
  rolecall = scene.rolecall;
});
afterAll(() => rolecall.stop());

const code = (answer: Answer) => (answer.json as { error?: { code: string } }).error?.code;
const MEMBER = '/v1/organizations/org_acme/members/user_ada';

/** Processes know of a restore within a second. */
const untilAnswered = (path: string, status: number) =>
  expect.poll(async () => (await rolecall.get(path)).status).toBe(status);

const restore = async () => {
  const { code: exit, stdout } = await command(
    ['restore', '--reason', 'the disk died', '--by', 'ann', '--json'],
    undefined,
    { DATABASE_URL: rolecall.databaseUrl },
  );
  expect(exit).toBe(0);
  return JSON.parse(stdout) as { epoch: string; restoring_since: string; reconciliation: number };
};
/** As the reconciliation's own end does, once every lookup that it owes was tried. */
const compared = async (id: number) => {
  await rolecall.sql`update rolecall.effects set status = 'done' where status = 'owed'`;
  await rolecall.sql`update rolecall.reconciliations set status = 'done', ended_at = now() where id = ${id}`;
};

/** A login that was granted one of the roles for those who ask in SQL. */
async function asRole(role: string): Promise<postgres.Sql> {
  const url = new URL(rolecall.databaseUrl);
  const login = `login_${url.pathname.slice(-8)}_${role}`;
  await rolecall.sql.unsafe(`create role ${login} login password 'x' in role ${role}`);
  url.username = login;
  url.password = 'x';
  return postgres(url.href, { max: 1, onnotice: () => undefined });
}

describe('a database that came out of a backup', () => {
  it('answers nobody before it was compared with Clerk, takes deliveries, tells copies to start over, and then serves by itself', async () => {
    const { epoch: before } = (await rolecall.get('/v1/changes?after=0')).json as { epoch: string };
    const stream = readEvents(
      await fetch(`${rolecall.url}/v1/changes?after=0`, {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${READ_TOKEN}` },
      }),
    );
    await stream.change();
    const { epoch, reconciliation } = await restore();
    expect(epoch).not.toBe(before);

    await untilAnswered(MEMBER, 503);
    for (const path of [MEMBER, '/v1/roles', '/v1/snapshot', `/v1/changes?after=0&epoch=${before}`]) {
      const answer = await rolecall.get(path);
      expect([answer.status, code(answer), answer.headers.get('retry-after')], path).toEqual([
        503,
        'restoring',
        '5',
      ]);
    }
    const ready = await rolecall.get('/readyz');
    expect([ready.status, code(ready)]).toEqual([503, 'restoring']);
    expect((await rolecall.get('/healthz')).status).toBe(200);
    const decision = await fetch(`${rolecall.url}/access/v1/evaluation`, {
      method: 'POST',
      headers: { authorization: `Bearer ${READ_TOKEN}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(decision.status).toBe(503);
    const page = await scene.get('/v1/me/organizations/org_acme', (await scene.signIn('user_ada')).token(), {
      origin: scene.origin,
    });
    expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([503, scene.origin]);
    // Strangers learn nothing, operators work, and what Clerk sends is not lost.
    expect((await rolecall.get(MEMBER, 'wrong')).status).toBe(401);
    expect((await operatorOf(rolecall)('GET', '/effects')).status).toBe(200);
    rolecall.clerk.createUser({ id: 'user_meanwhile' });
    const event = rolecall.clerk.outbox.at(-1);
    expect((await rolecall.post(event?.body ?? '', { id: event?.id ?? '' })).json).toMatchObject({
      outcome: 'applied',
    });
    // Whoever followed it before is not told what is of another epoch.
    for (let told = await stream.next(); told !== null; told = await stream.next()) {
      expect(told.event).not.toBe('granted');
    }

    await compared(reconciliation);
    await untilAnswered('/readyz', 200);
    await untilAnswered(MEMBER, 200);
    expect(code(await rolecall.get(`/v1/changes?after=0&epoch=${before}`))).toBe('resync_required');
    expect((await rolecall.get(`/v1/changes?after=0&epoch=${epoch}`)).status).toBe(200);
    const actions = await rolecall.sql`
      select operator, action, subject, reason from rolecall.operator_actions
       where action in ('restore', 'restored') order by id`;
    expect([...actions]).toEqual([
      { operator: 'ann', action: 'restore', subject: epoch, reason: 'the disk died' },
      { operator: 'reconciliation', action: 'restored', subject: String(reconciliation), reason: '' },
    ]);
  });

  it('answers those who ask in SQL neither, and then as before', async () => {
    const [reader, subject] = [await asRole('rolecall_reader'), await asRole('rolecall_subject')];
    const asked = [
      () => reader`select rolecall.has_permission('user_ada', 'org_acme', 'org:sys_memberships:read')`,
      () => reader`select * from rolecall.organizations_with('user_ada', 'org:sys_memberships:read')`,
      () => reader`select rolecall.token_is_current('user_ada', 'org_acme', 'sess_1', now())`,
      () => reader`select * from rolecall.members`,
      () => reader`select * from rolecall.current_permissions`,
      () => reader`select * from rolecall.grants`,
      () => subject`select rolecall.i_can('org:sys_memberships:read', 'org_acme')`,
      () => subject`select * from rolecall.my_organizations('org:sys_memberships:read')`,
      () => subject`select * from rolecall.my_scopes('org:sys_memberships:read', 'workspace')`,
    ];
    const answers = () =>
      Promise.all(
        asked.map((ask) =>
          ask().then(
            (rows) => JSON.stringify(rows),
            (error: postgres.PostgresError) => error.code,
          ),
        ),
      );
    const before = await answers();
    expect(before).not.toContain('42501');
    const grants = () => rolecall.sql`
      select c.relname as name, c.relacl::text as acl from pg_class c where c.relnamespace = 'rolecall'::regnamespace
      union all
      select p.proname, p.proacl::text from pg_proc p where p.pronamespace = 'rolecall'::regnamespace order by 1, 2`;
    const sorted = async () =>
      (await grants()).map(
        ({ name, acl }) => `${name} ${String(acl).replace(/[{}]/g, '').split(',').sort().join()}`,
      );
    const granted = await sorted();
    const { reconciliation } = await restore();
    expect(new Set(await answers())).toEqual(new Set(['42501']));
    await compared(reconciliation);
    await untilAnswered('/readyz', 200);
    expect(await answers()).toEqual(before);
    expect(await sorted()).toEqual(granted);
    await Promise.all([reader.end(), subject.end()]);
  });

  it('is one again when it was restored again, and what ran in the backup ends', async () => {
    const first = await restore();
    const second = await restore();
    expect(second.epoch).not.toBe(first.epoch);
    const status = async (id: number) =>
      (await rolecall.sql`select status from rolecall.reconciliations where id = ${id}`)[0]?.[
        'status'
      ] as string;
    expect(await status(first.reconciliation)).toBe('cancelled');
    // Neither a dry run, nor one organization, nor what was asked for before counts, nor one that has failed.
    await rolecall.sql`
      insert into rolecall.reconciliations (status, cause, organization_id, dry_run, asked_by, reason, asked_at, ended_at)
      values ('done', 'operator', '', true, 'bob', '', now(), now()),
             ('done', 'operator', 'org_acme', false, 'bob', '', now(), now()),
             ('done', 'operator', '', false, 'bob', '', now() - interval '1 hour', now())`;
    await rolecall.sql`
      update rolecall.reconciliations set status = 'failed', ended_at = now() where id = ${second.reconciliation}`;
    expect(code(await rolecall.get('/readyz'))).toBe('restoring');
    // Whichever of all organizations ends after it does, though not before whom it asks about was asked about.
    await rolecall.sql`
      insert into rolecall.effects (kind, organization_id, user_id, lane, status, due_at)
      values ('lookup_member', 'org_acme', 'user_ada', 1, 'owed', now())`;
    await rolecall.sql`
      insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, ended_at)
      values ('done', 'operator', false, 'bob', '', clock_timestamp())`;
    expect(code(await rolecall.get('/readyz'))).toBe('restoring');
    for (const state of ['attempts = 1', "attempts = 1, last_error = 'changed_too_recently'"]) {
      await rolecall.sql.unsafe(`update rolecall.effects set ${state} where status = 'owed'`);
      expect(code(await rolecall.get('/readyz'))).toBe('restoring');
    }
    await rolecall.sql`update rolecall.effects set attempts = 1, last_error = 'timeout' where status = 'owed'`;
    await untilAnswered('/readyz', 200);
  });
});

describe('a server', () => {
  it('notes the mode that it runs in', async () => {
    const noted = async () => [...(await rolecall.sql`select mode from rolecall.operations`)];
    await expect.poll(noted).toEqual([{ mode: 'paused' }]);
  });
});

describe('POST /operator/v1/effects/pause and resume', () => {
  it('pauses revocations, says who did, and resumes them', async () => {
    const ask = operatorOf(rolecall);
    const paused = await ask('POST', '/effects/pause', { reason: 'Clerk is down' });
    expect([paused.status, paused.json]).toEqual([
      200,
      { effects_paused: { at: expect.any(String) as unknown, by: 'ann', reason: 'Clerk is down' } },
    ]);
    expect((await ask('POST', '/effects/pause', { reason: 'again' })).json).toEqual(paused.json);
    expect(await rolecall.sql`select effects_paused_by as by from rolecall.operations`).toEqual([
      { by: 'ann' },
    ]);
    expect((await ask('POST', '/effects/resume', {})).json).toEqual({ effects_paused: null });
    expect(await rolecall.sql`select effects_paused_by as by from rolecall.operations`).toEqual([
      { by: null },
    ]);
    expect((await ask('POST', '/effects/resume', {})).json).toEqual({ effects_paused: null });
  });

  it.each<[string, unknown]>([
    ['no reason', {}],
    ['a blank one', { reason: ' ' }],
    ['one of several lines', { reason: 'a\nb' }],
    ['more than a reason', { reason: 'a', for: 'ever' }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    const answer = await operatorOf(rolecall)('POST', '/effects/pause', body);
    expect([answer.status, code(answer)]).toEqual([400, 'invalid_request']);
  });

  it('are not for those who may only look, nor for strangers', async () => {
    for (const path of ['/effects/pause', '/effects/resume']) {
      const body = { reason: 'x' };
      expect((await operatorOf(rolecall)('POST', path, body, 'operator-reader-CANARY')).status).toBe(403);
      expect((await operatorOf(rolecall)('POST', path, body, null)).status).toBe(401);
    }
  });
});
