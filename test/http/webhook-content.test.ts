import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
beforeAll(async () => {
  // Paused: what is owed stays where it can be seen.
  rolecall = await startRolecall();
});
afterAll(() => rolecall.stop());

const event = (type: string, data: unknown, over: object = {}) =>
  JSON.stringify({ object: 'event', type, timestamp: Date.now(), instance_id: 'ins_standin', data, ...over });

/** Everything that the database holds, as text, the bytes of bodies too. */
async function everythingStored(): Promise<string> {
  const tables = await rolecall.sql`
    select table_name from information_schema.tables where table_schema = 'rolecall' and table_type = 'BASE TABLE'`;
  const dumps = await Promise.all(
    tables.map(async ({ table_name: name }) => {
      const rows = await rolecall.sql`
        select to_jsonb(t)::text as row from ${rolecall.sql('rolecall')}.${rolecall.sql(String(name))} as t`;
      return rows.map(({ row }) => String(row)).join('\n');
    }),
  );
  const bodies =
    await rolecall.sql`select convert_from(body, 'utf8') as text from rolecall.inbox where body is not null`;
  return [...dumps, ...bodies.map(({ text }) => String(text))].join('\n');
}

describe('an event of a type that is not known', () => {
  it.each([
    ['email.created', {}],
    ['sms.created', {}],
    ['email.created', { timestamp: 'no time' }],
    ['sms.created', { instance_id: null, timestamp: undefined }],
  ])('is ignored, and of %s nothing stays but that it came: %j', async (type, over) => {
    const code = 'OTP-CANARY-314159';
    const body = event(
      type,
      { object: 'email', body: code, to_email_address: 'PERSON-CANARY@example.com' },
      over,
    );
    const { status, json, id } = await rolecall.post(body);
    expect(status).toBe(200);
    expect(json).toEqual({ delivery: id, outcome: 'ignored' });

    const row = await rolecall.inbox(id);
    expect(row).toMatchObject({ type, body: null, outcome: 'ignored', organization_id: null, user_id: null });
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)));
    expect(new Uint8Array(row?.['body_sha256'] as Buffer)).toEqual(hash);

    const everywhere = (await everythingStored()) + rolecall.log.join('\n');
    expect(everywhere).toContain(id);
    expect(everywhere).not.toMatch(/CANARY-314159|PERSON-CANARY/);
    expect(everywhere).not.toContain(Buffer.from(code).toString('hex'));
    expect(everywhere).not.toContain(Buffer.from(code).toString('base64').slice(0, 16));
  });

  it('is still known when it comes again', async () => {
    const body = event('email.created', { body: 'again' });
    const { id } = await rolecall.post(body);
    expect((await rolecall.post(body, { id })).json).toEqual({ delivery: id, outcome: 'duplicate' });
    expect((await rolecall.post(event('email.created', { body: 'other' }), { id })).status).toBe(409);
  });
});

describe('an event of a known type that cannot be read', () => {
  const membership = (over: object) => ({
    id: 'orgmem_broken',
    role: 'org:admin',
    permissions: ['org:a:b'],
    organization: { id: 'org_broken' },
    public_user_data: { user_id: 'user_broken' },
    created_at: Date.now(),
    updated_at: Date.now(),
    ...over,
  });

  it('is stored as it came, gives nobody anything, and owes the lookup of the member it names', async () => {
    const body = event('organizationMembership.created', membership({ role: "org:admin'; --" }));
    const { status, json, id } = await rolecall.post(body);
    expect(status).toBe(200);
    expect(json).toEqual({ delivery: id, outcome: 'failed' });
    const row = await rolecall.inbox(id);
    expect(row).toMatchObject({
      type: 'organizationMembership.created',
      outcome: 'failed',
      reason: 'malformed data.role',
      organization_id: 'org_broken',
      user_id: 'user_broken',
    });
    expect(String(row?.['body'])).toBe(body);
    expect(await rolecall.effects(id)).toEqual([
      { kind: 'lookup_member', organization_id: 'org_broken', user_id: 'user_broken' },
    ]);
    expect(await rolecall.member('org_broken', 'user_broken')).toMatchObject({ member: false, cutoff: null });
  });

  it.each([
    ['quotes', `"user_'\\""`],
    ['NUL', '"user_\\u0000"'],
    ['half a surrogate pair', '"user_\\ud83d"'],
    ['an emoji', '"user_🙂"'],
    ['10 kB', `"user_${'x'.repeat(10_000)}"`],
  ])('names nobody by an id of %s, and changes nothing', async (_, id) => {
    const revision = (await rolecall.member('org_1', 'user_1')).revision;
    const bodies = [
      event('organizationMembership.created', membership({ public_user_data: { user_id: '@@' } })),
      event('user.updated', { id: '@@', banned: true, updated_at: 1 }),
      event('user.deleted', { id: '@@', deleted: true }),
    ].map((body) => body.replaceAll('"@@"', id));
    for (const body of bodies) {
      const answer = await rolecall.post(body);
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ outcome: 'failed' });
      expect(await rolecall.inbox(answer.id)).toMatchObject({ user_id: null });
      expect(await rolecall.effects(answer.id)).toEqual([]);
    }
    expect((await rolecall.member('org_1', 'user_1')).revision).toBe(revision);
  });

  it('takes nothing from those who have something', async () => {
    const { clerk } = rolecall;
    clerk.createUser({ id: 'user_kept' });
    clerk.createOrganization({ id: 'org_kept' });
    clerk.addMember('org_kept', 'user_kept', 'org:admin');
    for (const sent of clerk.outbox) await rolecall.post(sent.body, { id: sent.id });
    const before = await rolecall.member('org_kept', 'user_kept');
    expect(before).toMatchObject({ member: true, role: 'org:admin' });
    clerk.changeRole('org_kept', 'user_kept', 'org:member');
    const readable = clerk.outbox.at(-1)?.body ?? '';
    const { id } = await rolecall.post(readable.replace('"role":"org:member"', '"role":"org member"'));
    expect(await rolecall.member('org_kept', 'user_kept')).toEqual(before);
    expect(await rolecall.effects(id)).toEqual([
      { kind: 'lookup_member', organization_id: 'org_kept', user_id: 'user_kept' },
    ]);
  });
});

describe('metadata', () => {
  it('that is private or unsafe stands nowhere but in the body as received', async () => {
    const { clerk } = rolecall;
    const privateMetadata = { secret: 'PRIVATE-CANARY' };
    clerk.createUser({ id: 'user_meta', privateMetadata, unsafeMetadata: { note: 'UNSAFE-CANARY' } });
    const body = clerk.outbox.at(-1)?.body ?? '';
    const { id } = await rolecall.post(body);
    expect(body).toContain('PRIVATE-CANARY');
    await rolecall.sql`update rolecall.inbox set body = null where id = ${id}`;
    expect(await everythingStored()).not.toMatch(/PRIVATE-CANARY|UNSAFE-CANARY/);
    expect(rolecall.log.join('\n')).not.toMatch(/PRIVATE-CANARY|UNSAFE-CANARY/);
  });
});

describe('words that no database text can hold', () => {
  it('do not keep a role from losing a permission', async () => {
    const { clerk } = rolecall;
    const earlier = clerk.outbox.length;
    clerk.defineRole('org:worded', 'Worded', ['org:words:keep', 'org:words:lose']);
    clerk.createUser({ id: 'user_worded' });
    clerk.createOrganization({ id: 'org_worded' });
    clerk.addMember('org_worded', 'user_worded', 'org:worded');
    for (const sent of clerk.outbox.slice(earlier)) await rolecall.post(sent.body, { id: sent.id });
    const held = async () =>
      (await rolecall.member('org_worded', 'user_worded')).permissions.map((one) => one.permission).sort();
    expect(await held()).toEqual(['org:words:keep', 'org:words:lose']);

    clerk.changeRolePermissions('org:worded', ['org:words:keep']);
    const body = (clerk.outbox.at(-1)?.body ?? '').replace('"name":"Worded"', '"name":"W\\u0000\\ud800rded"');
    expect((await rolecall.post(body)).json).toMatchObject({ outcome: 'applied' });
    expect(await held()).toEqual(['org:words:keep']);
  });
});
