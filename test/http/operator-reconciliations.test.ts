import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPERATORS, operatorOf, READER } from './support/operator.ts';
import { type Answer, type Running, startRolecall } from './support/rolecall.ts';

/** Of a production instance, whose limits are no limit here. */
const SECRET_KEY = 'sk_live_CANARY_secret_key';

let rolecall: Running;
let now: number;
beforeEach(async () => {
  // Clerk's time is behind: what it tells is older than a minute.
  now = Date.now() - 3_600_000;
  rolecall = await startRolecall({
    environment: { ...OPERATORS, CLERK_SECRET_KEY: SECRET_KEY },
    paused: false,
    standIn: { now: () => now, secretKey: SECRET_KEY },
  });
});
afterEach(() => rolecall.stop());

interface Reconciliation {
  id: number;
  status: string;
  held: number | null;
  drift: Record<string, number>;
  differences: { kind: string; user: string | null; outcome: string }[];
  next: string | null;
}

const operator = (...args: Parameters<ReturnType<typeof operatorOf>>) => operatorOf(rolecall)(...args);
const start = (body: unknown = {}, token?: string) => operator('POST', '/reconciliations', body, token);
const of = ({ json }: Answer) => json as Reconciliation;
const code = ({ json }: Answer) => (json as { error?: { code: string } }).error?.code;

/** Until it has ended: a busy machine may need longer than a request waits. */
async function ended(answer: Answer): Promise<Reconciliation> {
  for (
    let found = of(answer);
    ;
    found = of(await operator('GET', `/reconciliations/${found.id}?limit=500`))
  ) {
    if (found.status !== 'running') return found;
  }
}

function people(many: number): void {
  const { clerk } = rolecall;
  clerk.createOrganization({ id: 'org_1' });
  for (let n = 0; n < many; n += 1) {
    clerk.createUser({ id: `user_${n}` });
    clerk.addMember('org_1', `user_${n}`, 'org:member');
  }
}

describe('reconciliations', () => {
  it('fill an empty database, and say what they found page by page', async () => {
    people(5);
    const answer = await start({ reason: 'the first time' });
    expect([200, 202]).toContain(answer.status);
    const found = await ended(answer);
    expect(found).toMatchObject({
      status: 'done',
      cause: 'import',
      organization: null,
      dry_run: false,
      compared: 13,
      total: 13,
      drift: { missing: 5, stale_organization: 1, wrong_definition: 2 },
      held: null,
      problem: null,
      by: 'ann',
      reason: 'the first time',
    });
    const first = of(await operator('GET', `/reconciliations/${found.id}?limit=5`));
    const second = of(await operator('GET', `/reconciliations/${found.id}?limit=5&cursor=${first.next}`));
    expect([...first.differences, ...second.differences]).toHaveLength(8);
    expect(second.next).toBeNull();
    expect(second.differences.at(-1)).toEqual({
      kind: 'missing',
      organization: 'org_1',
      user: 'user_4',
      subject: expect.stringMatching(/^orgmem_/) as unknown,
      ours: null,
      theirs: expect.objectContaining({ role: 'org:member' }) as unknown,
      outcome: 'repaired',
    });
    expect(await rolecall.member('org_1', 'user_4')).toMatchObject({ member: true, role: 'org:member' });
    const list = (await operator('GET', '/reconciliations?limit=1')).json as {
      reconciliations: object[];
      next: string | null;
    };
    expect(list.reconciliations).toHaveLength(1);
    expect(list.reconciliations[0]).not.toHaveProperty('differences');
    const rest = (await operator('GET', `/reconciliations?cursor=${list.next}`)).json;
    expect(rest).toEqual({ reconciliations: [], next: null });
  });

  it('hold those whom Clerk does not list, until an operator approves', async () => {
    people(30);
    await ended(await start());
    for (let n = 0; n < 25; n += 1) rolecall.clerk.removeMember('org_1', `user_${n}`);
    await rolecall.sql`update rolecall.memberships set seen_at = seen_at - 600000`;
    now += 600_000;
    const found = await ended(await start({ organization: 'org_1' }));
    expect(found).toMatchObject({ status: 'done', organization: 'org_1', drift: { extra: 25 } });
    expect(found.differences.every(({ outcome }) => outcome === 'held')).toBe(true);
    const { holds } = (await operator('GET', '/holds')).json as { holds: object[] };
    expect(holds).toMatchObject([
      {
        id: found.held,
        kind: 'absences',
        name: null,
        status: 'waiting',
        by: 'ann',
        difference: { losing: 25 },
      },
    ]);
    expect(await rolecall.member('org_1', 'user_0')).toMatchObject({ member: true });
    expect((await operator('POST', `/holds/${found.held}/approve`)).json).toEqual({
      hold: found.held,
      result: 'asked',
    });
    expect(code(await operator('POST', `/holds/${found.held}/reject`))).toBe('hold_decided');
    const left = async () => {
      const [row] = await rolecall.sql`select count(*)::int as many from rolecall.members`;
      return row?.['many'] as number;
    };
    await expect.poll(left).toBe(5);
    expect(await rolecall.member('org_1', 'user_0')).toMatchObject({ member: false });
    expect(await rolecall.member('org_1', 'user_29')).toMatchObject({ member: true });
  });

  it('are cancelled once, and are not found where there are none', async () => {
    people(1);
    const { id } = await ended(await start());
    expect(code(await operator('POST', `/reconciliations/${id}/cancel`))).toBe('reconciliation_ended');
    const [running] = await rolecall.sql`
      insert into rolecall.reconciliations (cause, dry_run, asked_by, reason, due_at)
      values ('operator', true, 'ann', '', now() + interval '1 hour') returning id::int as id`;
    const cancelled = await operator('POST', `/reconciliations/${running?.['id']}/cancel`);
    expect(cancelled.json).toMatchObject({ status: 'cancelled', cancelled_by: 'ann' });
    for (const none of ['999999', '0', 'x', '-1', '9'.repeat(30)]) {
      expect((await operator('GET', `/reconciliations/${none}`)).status, none).toBe(404);
      expect((await operator('POST', `/reconciliations/${none}/cancel`)).status, none).toBe(404);
    }
  });

  it('are not started by whoever may only look, nor by strangers', async () => {
    expect(code(await start({}, READER))).toBe('read_only');
    expect((await operator('GET', '/reconciliations', undefined, READER)).status).toBe(200);
    expect((await start({}, 'guessed')).status).toBe(401);
    expect([...(await rolecall.sql`select from rolecall.reconciliations`)]).toEqual([]);
  });

  it.each([
    { organization: 'no/such id' },
    { organization: '' },
    { organization: 7 },
    { dry_run: 'yes' },
    { reason: 'two\nlines' },
    { everything: true },
    null,
  ])('refuse %j', async (body) => {
    const answer = await start(body);
    expect([answer.status, code(answer)]).toEqual([400, 'invalid_request']);
    expect([...(await rolecall.sql`select from rolecall.reconciliations`)]).toEqual([]);
  });

  it('refuse a list, which a schema of nothing but options would take for an object', async () => {
    const answer = await start([]);
    expect([answer.status, code(answer)]).toEqual([400, 'invalid_request']);
    expect([...(await rolecall.sql`select from rolecall.reconciliations`)]).toEqual([]);
  });

  it('refuse cursors and limits that are none', async () => {
    for (const query of ['limit=0', 'limit=501', 'cursor=x', 'cursor=WyJkcmlmdCIsMV0', 'stage=roles']) {
      expect((await operator('GET', `/reconciliations?${query}`)).status, query).toBe(400);
    }
  });
});

it('in the mode paused nothing is compared, since Clerk is asked nothing', async () => {
  const paused = await startRolecall({ environment: OPERATORS });
  try {
    const answer = await operatorOf(paused)('POST', '/reconciliations', {});
    expect([answer.status, code(answer)]).toEqual([409, 'calls_paused']);
    expect(paused.clerk.calls.total()).toBe(0);
  } finally {
    await paused.stop();
  }
});
