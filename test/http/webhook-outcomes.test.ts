import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let made = 0;
beforeAll(async () => {
  rolecall = await startRolecall();
});
afterAll(() => rolecall.stop());

/** A member that Clerk has told of. */
async function member(role = 'org:member') {
  made += 1;
  const [user, organization] = [`user_${made}`, `org_${made}`];
  const { clerk } = rolecall;
  const before = clerk.outbox.length;
  clerk.createUser({ id: user });
  clerk.createOrganization({ id: organization });
  clerk.addMember(organization, user, role);
  for (const event of clerk.outbox.slice(before)) {
    expect((await rolecall.post(event.body, { id: event.id })).json).toMatchObject({ outcome: 'applied' });
  }
  return { user, organization, read: () => rolecall.member(organization, user) };
}

const last = () => rolecall.clerk.outbox.at(-1) ?? { id: '', body: '' };

describe('the outcome of a delivery', () => {
  it('is applied when it moved something, in the answer, the inbox and the log alike', async () => {
    const { organization, user, read } = await member();
    rolecall.clerk.changeRole(organization, user, 'org:admin');
    const { id, body } = last();
    const answer = await rolecall.post(body, { id });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(JSON.stringify({ delivery: id, outcome: 'applied' }));
    expect(await read()).toMatchObject({ role: 'org:admin' });
    expect(await rolecall.inbox(id)).toMatchObject({ outcome: 'applied', source: 'webhook' });
    expect(rolecall.logged('delivery').at(-1)).toMatchObject({ delivery: id, outcome: 'applied' });
  });

  it('is duplicate for the same message again, however often and at whatever attempt', async () => {
    await member();
    const { id, body } = last();
    for (const at of [Date.now(), Date.now() - 60_000, Date.now() + 60_000]) {
      expect((await rolecall.post(body, { id, at })).json).toEqual({ delivery: id, outcome: 'duplicate' });
    }
  });

  it('is duplicate for all but one of many that come at once', async () => {
    rolecall.clerk.createUser({ id: 'user_at_once' });
    const { id, body } = last();
    const answers = await Promise.all(Array.from({ length: 12 }, () => rolecall.post(body, { id })));
    const outcomes = answers.map(({ json }) => (json as { outcome: string }).outcome).sort();
    expect(outcomes).toEqual(['applied', ...Array<string>(11).fill('duplicate')]);
  });

  it('is stale for what is older than what is known', async () => {
    const { organization, user, read } = await member();
    rolecall.clerk.changeRole(organization, user, 'org:admin');
    const older = last();
    rolecall.clerk.changeRole(organization, user, 'org:member');
    expect((await rolecall.post(last().body)).json).toMatchObject({ outcome: 'applied' });
    expect((await rolecall.post(older.body)).json).toMatchObject({ outcome: 'stale' });
    expect(await read()).toMatchObject({ role: 'org:member' });
  });

  it('is applied for an invitation, which gives nobody anything', async () => {
    const { organization, user, read } = await member();
    const { permissions } = await read();
    rolecall.clerk.createInvitation(organization, 'x@example.com', 'org:admin', { inviterId: user });
    const { json, id } = await rolecall.post(last().body);
    expect(json).toEqual({ delivery: id, outcome: 'applied' });
    expect(await read()).toMatchObject({ role: 'org:member', permissions });
  });

  it('is ignored for what has no meaning here', async () => {
    await member();
    const { json, id } = await rolecall.post(
      last().body.replace(/"type":"[^"]+"/, '"type":"waitlist.created"'),
    );
    expect(json).toEqual({ delivery: id, outcome: 'ignored' });
  });

  it('is held for a gain that comes too late to be believed at once', async () => {
    const { organization, user, read } = await member();
    rolecall.clerk.changeRole(organization, user, 'org:admin');
    // Older than five minutes by its envelope, although newer than all that is known.
    const late = last().body.replace(/"timestamp":\d+/, `"timestamp":${Date.now() - 301_000}`);
    const { json, id } = await rolecall.post(late);
    expect(json).toEqual({ delivery: id, outcome: 'held' });
    expect(await read()).toMatchObject({ member: true });
    expect(JSON.stringify(await read())).not.toContain('org:admin');
    expect(await rolecall.effects(id)).toContainEqual({
      kind: 'lookup_member',
      organization_id: organization,
      user_id: user,
    });
  });

  it('is applied at once for a loss, however late it comes', async () => {
    const { organization, user, read } = await member();
    rolecall.clerk.removeMember(organization, user);
    const { body } = last();
    const late = body.replace(/"timestamp":\d+/, `"timestamp":${Date.now() - 3_600_000}`);
    expect((await rolecall.post(late)).json).toMatchObject({ outcome: 'applied' });
    expect(await read()).toMatchObject({ member: false, permissions: [] });
  });

  it('is failed for what claims to come from the future', async () => {
    const { organization, user, read } = await member();
    const before = await read();
    rolecall.clerk.changeRole(organization, user, 'org:admin');
    const future = last().body.replace(/"timestamp":\d+/, `"timestamp":${Date.now() + 360_000}`);
    const { json, id } = await rolecall.post(future);
    expect(json).toEqual({ delivery: id, outcome: 'failed' });
    expect(await rolecall.inbox(id)).toMatchObject({ reason: 'timestamp_in_future' });
    expect(await rolecall.effects(id)).toEqual([
      { kind: 'lookup_member', organization_id: organization, user_id: user },
    ]);
    expect(await read()).toEqual(before);
  });
});

describe('a known message id over other bytes', () => {
  it('is a conflict, and what was taken first stays', async () => {
    rolecall.clerk.createUser({ id: 'user_first_bytes' });
    const { body } = last();
    const { id } = await rolecall.post(body);
    rolecall.clerk.createUser({ id: 'user_other_bytes' });
    const conflict = await rolecall.post(last().body, { id });
    expect(conflict.status).toBe(409);
    expect(conflict.json).toMatchObject({ error: { code: 'delivery_conflict' } });
    expect(String((await rolecall.inbox(id))?.['body'])).toBe(body);
    const users = await rolecall.sql`select id from rolecall.users where id = 'user_other_bytes'`;
    expect(users).toHaveLength(0);
    // One space more is other bytes.
    expect((await rolecall.post(`${body} `, { id })).status).toBe(409);
  });
});

describe("another instance's event", () => {
  it('is refused and leaves nothing behind, also when its envelope is broken', async () => {
    await member();
    rolecall.clerk.createUser({ id: 'user_foreign' });
    const { body } = last();
    for (const foreign of [
      body.replace('"ins_standin"', '"ins_other"'),
      body.replace('"ins_standin"', '"ins_other"').replace(/"timestamp":\d+/, '"timestamp":"x"'),
    ]) {
      const { status, json, id } = await rolecall.post(foreign);
      expect(status).toBe(403);
      expect(json).toMatchObject({ error: { code: 'wrong_instance' } });
      expect(await rolecall.inbox(id)).toBeUndefined();
    }
    expect(await rolecall.sql`select id from rolecall.users where id = 'user_foreign'`).toHaveLength(0);
  });

  it('is taken when it does not say whose it is', async () => {
    rolecall.clerk.createUser({ id: 'user_unnamed_instance' });
    const body = last().body.replace('"instance_id":"ins_standin",', '');
    expect((await rolecall.post(body)).json).toMatchObject({ outcome: 'applied' });
  });
});
