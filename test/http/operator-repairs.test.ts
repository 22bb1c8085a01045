import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicy } from '../../src/pipeline/policies/apply-policy.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { policyDigest, policyTools } from '../../src/runtime/policy-tools.ts';
import { OPERATORS, operatorOf } from './support/operator.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

/** A policy in which nobody may do what they did before. */
const HARSH = {
  name: 'harsh',
  permissions: { 'nothing:see': 'See nothing' },
  roles: {
    'org:admin': { title: 'Admin', description: 'Runs it.', givenToCreator: true, can: ['nothing:see'] },
    'org:member': { title: 'Member', description: 'Works in it.', can: ['nothing:see'] },
  },
};

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
});
afterAll(() => rolecall.stop());

const effect = async (user: string, status: string): Promise<number> => {
  const [row] = await rolecall.sql`
    insert into rolecall.effects (kind, user_id, lane, cutoff, status, attempts, due_at, last_error)
    values ('revoke_sessions', ${user}, 2, 1000, ${status}, 40, now() + interval '1 hour', 'timeout')
    returning id::int as id`;
  return row?.['id'] as number;
};
const effects = async (query = '') =>
  (await operatorOf(rolecall)('GET', `/effects${query}`)).json as {
    effects: { id: number; status: string; attempts: number; user: string; cutoff: string }[];
    next: string | null;
  };
const retry = (id: number | string) => operatorOf(rolecall)('POST', `/effects/${id}/retry`);
const code = (json: unknown) => (json as { error?: { code: string } }).error?.code;

describe('effects', () => {
  it('are listed by status, the latest first, page by page', async () => {
    const made: number[] = [];
    for (let n = 0; n < 5; n += 1) made.push(await effect(`user_listed_${n}`, 'dead'));
    await effect('user_listed_done', 'done');
    const first = await effects('?status=dead&limit=3');
    expect(first.effects.map(({ id }) => id)).toEqual(made.slice(2).reverse());
    const second = await effects(`?status=dead&limit=3&cursor=${first.next}`);
    expect(second.effects.map(({ id }) => id)).toEqual(made.slice(0, 2).reverse());
    expect(second.next).toBeNull();
    expect((await effects()).effects[0]?.status).toBe('done');
  });

  it('that are dead are owed again from the first attempt, and who wanted it is written down', async () => {
    const id = await effect('user_dead', 'dead');
    expect((await retry(id)).json).toEqual({ effect: id, result: 'owed' });
    const [row] = await rolecall.sql`
      select status, attempts, due_at <= now() as due, settled_at from rolecall.effects where id = ${id}`;
    expect(row).toEqual({ status: 'owed', attempts: 0, due: true, settled_at: null });
    const actions = await rolecall.sql`
      select operator, action, subject from rolecall.operator_actions where subject = ${String(id)}`;
    expect([...actions]).toEqual([{ operator: 'ann', action: 'retry_effect', subject: String(id) }]);
  });

  it('that are dead join what is owed for the same user since, with the later cutoff', async () => {
    const dead = await effect('user_joined', 'dead');
    const owed = await effect('user_joined', 'owed');
    await rolecall.sql`update rolecall.effects set cutoff = 9000 where id = ${dead}`;
    expect((await retry(dead)).json).toEqual({ effect: dead, result: 'joined' });
    const rows = await rolecall.sql`
      select id::int, status, cutoff::int from rolecall.effects where user_id = 'user_joined' order by id`;
    expect([...rows]).toEqual([
      { id: dead, status: 'done', cutoff: 9000 },
      { id: owed, status: 'owed', cutoff: 9000 },
    ]);
  });

  it('that wait for their time are due now, and keep count of their attempts', async () => {
    const id = await effect('user_waiting', 'owed');
    expect((await retry(id)).json).toEqual({ effect: id, result: 'owed' });
    const [row] =
      await rolecall.sql`select attempts, due_at <= now() as due from rolecall.effects where id = ${id}`;
    expect(row).toEqual({ attempts: 40, due: true });
  });

  it('that are done have nothing to retry, and what does not exist is not found', async () => {
    const answer = await retry(await effect('user_done', 'done'));
    expect([answer.status, code(answer.json)]).toEqual([409, 'nothing_to_retry']);
    for (const id of ['999999', '0', '-1', 'x', '1e3', '9'.repeat(40), '%00']) {
      expect((await retry(id)).status, id).toBe(404);
    }
    expect((await operatorOf(rolecall)('GET', '/effects?status=lost')).status).toBe(400);
  });
});

describe('holds', () => {
  const decide = (id: number | string, how: string, body?: unknown) =>
    operatorOf(rolecall)('POST', `/holds/${id}/${how}`, body);
  const holds = async (query = '') =>
    ((await operatorOf(rolecall)('GET', `/holds${query}`)).json as { holds: { id: number }[] }).holds;

  it('are shown with what they would change, and approved or rejected in the name of the token', async () => {
    const people = Array.from({ length: 21 }, (_, n) => `user_h${n}`);
    const { clerk } = rolecall;
    const before = clerk.outbox.length;
    for (const id of people) clerk.createUser({ id });
    clerk.createOrganization({ id: 'org_held' });
    for (const id of people) clerk.addMember('org_held', id, 'org:member');
    for (const event of clerk.outbox.slice(before)) await rolecall.post(event.body, { id: event.id });

    const tools = policyTools(rolecall.databaseUrl);
    const policy = resolvePolicy(HARSH);
    const proposal = { policy, digest: policyDigest(policy), by: 'eve', reason: 'a slip' };
    const first = await applyPolicy(tools, proposal);
    expect(first.result).toBe('held');
    const [hold] = await holds();
    expect(hold).toMatchObject({
      kind: 'policy',
      status: 'waiting',
      name: 'harsh',
      by: 'eve',
      reason: 'a slip',
      difference: { cutOff: 21 },
    });
    const id = hold?.id ?? 0;
    for (const body of [
      { reason: 'two\nlines' },
      { reason: 7 },
      { because: 'x' },
      ['x'],
      { reason: 'x'.repeat(501) },
    ]) {
      const refused = await decide(id, 'reject', body);
      expect([refused.status, code(refused.json)]).toEqual([400, 'invalid_request']);
    }
    const rejected = await decide(id, 'reject', { reason: ' a slip indeed ' });
    expect(rejected.json).toEqual({ hold: id, result: 'rejected' });
    for (const how of ['approve', 'reject']) {
      const again = await decide(id, how);
      expect([again.status, code(again.json)]).toEqual([409, 'hold_decided']);
    }
    expect(await holds()).toEqual([]);
    expect(await holds('?status=rejected')).toMatchObject([
      { id, decided_by: 'ann', decision_reason: 'a slip indeed' },
    ]);
    const { json } = await operatorOf(rolecall)('GET', '/audit?kind=reject_hold');
    expect(json).toMatchObject({ entries: [{ cause: { by: 'ann', reason: 'a slip indeed' } }] });

    await applyPolicy(tools, proposal);
    const [waiting] = await holds();
    expect((await decide(waiting?.id ?? 0, 'approve', { reason: 'as agreed' })).json).toEqual({
      hold: waiting?.id,
      result: 'applied',
      policy_version: 1,
    });
    expect(await holds('?status=approved')).toMatchObject([
      { decided_by: 'ann', decision_reason: 'as agreed' },
    ]);
    await tools.end();
  });

  it('that do not exist are not found', async () => {
    for (const id of ['999999', 'x', '0']) {
      for (const how of ['approve', 'reject']) expect((await decide(id, how)).status, id).toBe(404);
    }
    expect((await operatorOf(rolecall)('GET', '/holds?status=lost')).status).toBe(400);
  });
});
