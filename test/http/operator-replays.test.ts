import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresStatements } from '../../src/store/postgres/client.ts';
import { postgresReplayStore } from '../../src/store/postgres/replay-store.ts';
import { anyNumber, anyText } from '../support/matchers.ts';
import { OPERATORS, operatorOf, READER } from './support/operator.ts';
import { type Answer, type Running, startRolecall } from './support/rolecall.ts';

interface Shown {
  readonly id: number;
  readonly status: string;
  readonly done: number;
  readonly deliveries: readonly { readonly delivery: string; readonly outcome: string }[];
  readonly next: string | null;
}

let rolecall: Running;
let removed = '';
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  const { clerk, sql } = rolecall;
  clerk.createUser({ id: 'user_jane' });
  clerk.createOrganization({ id: 'org_acme' });
  clerk.addMember('org_acme', 'user_jane', 'org:admin');
  for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
  const before = clerk.outbox.length;
  clerk.removeMember('org_acme', 'user_jane');
  const [event] = clerk.outbox.slice(before);
  removed = event?.id ?? '';
  // The database refuses this one, and the automatic retry would only come in an hour.
  await sql.unsafe(`
    alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid`);
  expect((await rolecall.post(event?.body ?? '', { id: removed })).json).toMatchObject({ outcome: 'failed' });
  await sql`update rolecall.inbox set retry_at = now() + interval '1 hour' where id = ${removed}`;
  await sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
});
afterAll(() => rolecall.stop());

const post = (body: unknown, token?: string): Promise<Answer> =>
  operatorOf(rolecall)('POST', '/replays', body, token);
const code = (json: unknown) => (json as { error?: { code: string } }).error?.code;

describe('POST /operator/v1/replays', () => {
  it('tells who would lose what, then takes it, and the delivery is no failed one any more', async () => {
    const asked = { ids: [removed], dry_run: true };
    const tried = await post(asked);
    const outcome = {
      delivery: removed,
      outcome: 'applied',
      reason: 'newer',
      explanation: anyText,
      differences: [
        {
          organization: 'org_acme',
          user: 'user_jane',
          agent: null,
          role: null,
          gained: [],
          lost: expect.arrayContaining(['org:sys_memberships:manage']) as unknown,
        },
      ],
      owed: anyNumber,
    };
    expect(tried.status).toBe(200);
    expect(tried.json).toEqual({
      id: anyNumber,
      status: 'done',
      dry_run: true,
      by: 'ann',
      reason: '',
      total: 1,
      done: 1,
      outcomes: { applied: 1 },
      asked_at: anyText,
      ended_at: anyText,
      cancelled_by: null,
      deliveries: [outcome],
      next: null,
    });
    expect((await rolecall.member('org_acme', 'user_jane')).member).toBe(true);

    const done = await post({ ids: [removed, removed], dry_run: false, reason: 'she left' });
    expect([done.status, done.json]).toEqual([
      200,
      expect.objectContaining({ dry_run: false, reason: 'she left', total: 1, deliveries: [outcome] }),
    ]);
    expect(await rolecall.member('org_acme', 'user_jane')).toMatchObject({ member: false, permissions: [] });
    const shown = await operatorOf(rolecall)('GET', `/deliveries/${removed}`);
    expect(shown.json).toMatchObject({
      outcome: 'applied',
      attempt_count: 2,
      changes: [{ kind: 'removed', cause: `replay:${(done.json as Shown).id}` }],
      attempts: [
        { attempt: 1, cause: 'delivery', outcome: 'failed', reason: 'refused_by_database' },
        { attempt: 2, cause: 'replay', replay: (done.json as Shown).id, outcome: 'applied' },
      ],
    });
    const again = (await post({ ids: [removed], reason: 'to be sure' })).json;
    expect(again).toMatchObject({ deliveries: [{ outcome: 'stale', differences: [] }] });
  });

  it('says what the database still refuses, dry as it would be for real, and a dry run moves nothing by it', async () => {
    const { clerk, sql } = rolecall;
    clerk.createUser({ id: 'user_kim' });
    clerk.addMember('org_acme', 'user_kim', 'org:member');
    for (const event of clerk.outbox) await rolecall.post(event.body, { id: event.id });
    clerk.removeMember('org_acme', 'user_kim');
    const event = clerk.outbox.at(-1);
    const id = event?.id ?? '';
    const told = (answer: Answer) => (answer.json as Shown).deliveries;
    await sql.unsafe(`
      alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid`);
    await rolecall.post(event?.body ?? '', { id });
    await sql`update rolecall.inbox set retry_at = now() + interval '1 hour' where id = ${id}`;
    const before = await sql`select retry_at, attempts, outcome, reason from rolecall.inbox where id = ${id}`;
    const effects = await sql`select id, generation, due_at from rolecall.effects order by id`;
    const broken = await post({ ids: [id], dry_run: true });
    expect(told(broken)).toMatchObject([
      { outcome: 'failed', reason: 'refused_by_database', differences: [] },
    ]);
    expect(
      await sql`select retry_at, attempts, outcome, reason from rolecall.inbox where id = ${id}`,
    ).toEqual(before);
    expect(await sql`select id, generation, due_at from rolecall.effects order by id`).toEqual(effects);
    expect(told(await post({ ids: [id], reason: 'is it mended?' }))).toEqual(told(broken));
    await sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
    const mended = await post({ ids: [id], dry_run: true });
    expect(told(mended)).toMatchObject([{ outcome: 'applied', differences: [{ user: 'user_kim' }] }]);
    expect(await rolecall.member('org_acme', 'user_kim')).toMatchObject({ member: true });
    expect(told(await post({ ids: [id], reason: 'it is' }))).toEqual(told(mended));
  });

  it('replays what a filter matches, and shows it page by page', async () => {
    const answer = await post({ filter: { organization: 'org_acme' }, reason: 'all of it' });
    const { id, deliveries, done } = answer.json as Shown;
    expect(answer.status).toBe(200);
    expect(done).toBe(deliveries.length);
    const ask = operatorOf(rolecall);
    const first = (await ask('GET', `/replays/${id}?limit=2`, undefined, READER)).json as Shown;
    const rest = (await ask('GET', `/replays/${id}?cursor=${first.next}`)).json as Shown;
    expect([...first.deliveries, ...rest.deliveries]).toEqual(deliveries);
    const listed = (await ask('GET', '/replays?limit=1')).json as { replays: Shown[]; next: string };
    expect(listed.replays.map((one) => one.id)).toEqual([id]);
    const older = (await ask('GET', `/replays?cursor=${listed.next}`)).json as { replays: Shown[] };
    expect(older.replays.every((one) => one.id < id)).toBe(true);
  });

  it('names what cannot be replayed', async () => {
    const { json } = await post({ ids: ['msg_none'], dry_run: true });
    const explanation = 'The inbox knows no delivery of this id.';
    expect(json).toMatchObject({ deliveries: [{ delivery: 'msg_none', outcome: 'not_found', explanation }] });
  });

  it('started twice at once is one', async () => {
    const body = { filter: { type: 'user.created' }, reason: 'twice' };
    const answers = await Promise.all([post(body), post(body), post(body), post(body)]);
    const ids = answers.map(({ json }) => (json as Shown).id);
    for (const { status } of answers) expect(status).toBe(200);
    const [most] = await rolecall.sql`
      select max(attempts)::int as most from rolecall.inbox where type = 'user.created'`;
    expect(most?.['most']).toBe(1 + new Set(ids).size);
  });

  it.each<[string, unknown]>([
    ['neither ids nor filter', { reason: 'x' }],
    ['both', { ids: ['msg_1'], filter: {}, reason: 'x' }],
    ['no ids', { ids: [], reason: 'x' }],
    ['too many ids', { ids: Array.from({ length: 1_001 }, (_, n) => `msg_${n}`), reason: 'x' }],
    ['an id that is none', { ids: ['a\u0000b'], reason: 'x' }],
    ['an unknown filter', { filter: { outcome: 'failed' }, reason: 'x' }],
    ['an unknown status', { filter: { status: 'lost' }, reason: 'x' }],
    ['no reason', { ids: ['msg_1'] }],
    ['a reason of blanks', { ids: ['msg_1'], reason: '  ' }],
    ['a reason of several lines', { ids: ['msg_1'], reason: 'a\nb' }],
    ['a reason that is no text', { ids: ['msg_1'], reason: '\ud800' }],
    ['a word for yes', { ids: ['msg_1'], dry_run: 'yes' }],
    ['an unknown field', { ids: ['msg_1'], reason: 'x', force: true }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    const answer = await post(body);
    expect([answer.status, code(answer.json)]).toEqual([400, 'invalid_request']);
  });

  it('of one who may only look is refused, a dry run too', async () => {
    const answer = await post({ ids: [removed], dry_run: true }, READER);
    expect([answer.status, code(answer.json)]).toEqual([403, 'read_only']);
  });
});

describe('a replay that is under way', () => {
  it('is answered 202 after a while, and goes on without whoever asked for it', async () => {
    const statements = postgresStatements(rolecall.databaseUrl, { connections: 1 });
    const replays = postgresReplayStore(statements);
    const selection = { ids: [removed] };
    const { id } = await replays.startReplay({ selection, dryRun: false, by: 'eve', reason: 'first' });
    // Somebody holds its page: the server that is asked has to wait, and may not for ever.
    await rolecall.sql`
      update rolecall.replays set leased_until = now() + interval '1 hour' where id = ${id} and status = 'running'`;
    const answer = await post({ ids: [removed], reason: 'second' });
    const joined = answer.json as Shown;
    if (joined.id === id) {
      expect([answer.status, joined.status, joined.done]).toEqual([202, 'running', 0]);
      await rolecall.sql`update rolecall.replays set leased_until = null where id = ${id}`;
    }
    await expect.poll(async () => (await replays.readReplay(id))?.status).toBe('done');
    await statements.end();
  }, 30_000);

  it('can be cancelled once', async () => {
    const [row] = await rolecall.sql`
      insert into rolecall.replays (dry_run, selection, digest, asked_by, reason, leased_until)
      values (false, '{"ids": ["msg_1"]}', 'x', 'eve', 'long', now() + interval '1 hour') returning id::int`;
    const id = row?.['id'] as number;
    const cancel = () => operatorOf(rolecall)('POST', `/replays/${id}/cancel`);
    expect((await cancel()).json).toMatchObject({ id, status: 'cancelled', cancelled_by: 'ann', done: 0 });
    const again = await cancel();
    expect([again.status, code(again.json)]).toEqual([409, 'replay_ended']);
  });

  it('that does not exist is not found', async () => {
    for (const id of ['999999', 'x', '0', '9'.repeat(30)]) {
      expect((await operatorOf(rolecall)('GET', `/replays/${id}`)).status, id).toBe(404);
      expect((await operatorOf(rolecall)('POST', `/replays/${id}/cancel`)).status, id).toBe(404);
    }
  });
});
