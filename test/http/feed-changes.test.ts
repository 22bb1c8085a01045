import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyText } from '../support/matchers.ts';
import { teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const ACME = 'read-only-acme-CANARY';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} acme@org_acme:${ACME}` },
  });
  tell = teller(rolecall);
  const { clerk } = rolecall;
  for (const id of ['user_ada', 'user_bob', 'user_cyd']) clerk.createUser({ id });
  for (const id of ['org_acme', 'org_other']) clerk.createOrganization({ id });
  clerk.addMember('org_acme', 'user_ada', 'org:admin');
  clerk.addMember('org_other', 'user_ada', 'org:member');
  await tell();
});
afterAll(() => rolecall.stop());

interface Page {
  readonly epoch: string;
  readonly changes: readonly Record<string, unknown>[];
  readonly next: number;
}
const page = async (query: string, token?: string): Promise<Page> => {
  const { status, json, text } = await rolecall.get(`/v1/changes?${query}`, token);
  if (status !== 200) throw new Error(`${status} ${text}`);
  return json as Page;
};
const codeOf = async (query: string, token?: string) => {
  const { status, json } = await rolecall.get(`/v1/changes?${query}`, token);
  return [status, (json as { error?: { code: string } }).error?.code];
};
const head = async () => Number((await rolecall.sql`select revision from rolecall.counter`)[0]?.['revision']);
const kinds = ({ changes }: Page) => changes.map(({ kind, user }) => `${String(kind)} ${String(user)}`);

describe('the changes since a revision', () => {
  it('are told whole: what is held now, what was cut off, and which message said so', async () => {
    const from = await head();
    await tell(() => rolecall.clerk.changeRole('org_acme', 'user_ada', 'org:member'));
    const { changes, next, epoch } = await page(`after=${from}`);
    expect(changes).toEqual([
      {
        revision: from + 1,
        kind: 'reduced',
        organization: 'org_acme',
        user: 'user_ada',
        agent: null,
        role: 'org:member',
        permissions: [{ permission: 'org:sys_billing:read' }, { permission: 'org:sys_memberships:read' }],
        cutoff: { of: 'member', id: 'org_acme/user_ada', at: anyText },
        at: anyText,
        delivery: anyText,
      },
    ]);
    expect(next).toBe(from + 1);
    expect(await page(`after=${next}&epoch=${epoch}`)).toEqual({ epoch, changes: [], next });
    await tell(() => rolecall.clerk.changeRole('org_acme', 'user_ada', 'org:admin'));
  });

  it('come in order and without a gap, however small the pages', async () => {
    const all = await page('after=0');
    const seen: unknown[] = [];
    for (let after = 0; after < all.next; ) {
      const { changes, next } = await page(`after=${after}&limit=2`);
      expect(changes.length).toBeLessThanOrEqual(2);
      seen.push(...changes);
      after = next;
    }
    expect(seen).toEqual(all.changes);
    expect(all.changes.map(({ revision }) => revision)).toEqual(all.changes.map((_, index) => index + 1));
  });

  it('are waited for, and told as soon as they are there', async () => {
    const from = await head();
    const waiting = page(`after=${from}&wait=30`);
    await tell(() => rolecall.clerk.addMember('org_other', 'user_bob', 'org:member'));
    expect(kinds(await waiting)).toEqual(['granted user_bob']);
  });

  it('are told as none when the wait is over', async () => {
    const from = await head();
    expect(await page(`after=${from}&wait=1`)).toMatchObject({ changes: [], next: from });
  });

  it('are told of a change of a role once, with everything that it grants', async () => {
    const from = await head();
    await tell(() => rolecall.clerk.defineRole('org:editor', 'Editor', ['org:posts:write']));
    await tell(() => rolecall.clerk.changeRolePermissions('org:editor', ['org:posts:read']));
    expect((await page(`after=${from}`)).changes).toMatchObject([
      { kind: 'role_changed', role: 'org:editor', permissions: [{ permission: 'org:posts:write' }] },
      {
        kind: 'role_changed',
        role: 'org:editor',
        scope: 'organization',
        permissions: [{ permission: 'org:posts:read' }],
        cutoff: { of: 'role', id: 'org:editor' },
      },
    ]);
  });
});

describe('410 resync_required', () => {
  const resync = [410, 'resync_required'];

  it('answers a revision that is not there yet, and another epoch', async () => {
    const { next, epoch } = await page('after=0');
    expect(await codeOf(`after=${next + 1}`)).toEqual(resync);
    expect(await codeOf('after=9007199254740991')).toEqual(resync);
    expect(await codeOf(`after=${next}&epoch=${crypto.randomUUID()}`)).toEqual(resync);
    expect(await codeOf(`after=${next}&epoch=no-epoch&wait=30`)).toEqual(resync);
    expect(await codeOf(`after=${next}&epoch=${epoch}`)).toEqual([200, undefined]);
  });

  it('answers what was pruned, and nothing later', async () => {
    await tell(() => rolecall.clerk.addMember('org_other', 'user_cyd', 'org:member'));
    const next = await head();
    const pruned = await rolecall.sql`
      delete from rolecall.changes where revision <= 2 returning revision`;
    expect(pruned).toHaveLength(2);
    expect(await codeOf('after=0')).toEqual(resync);
    expect(await codeOf('after=1')).toEqual(resync);
    expect((await page('after=2')).next).toBe(next);
  });
});

describe('a token of one organization', () => {
  it('is told of that organization, its members’ users, and what is everybody’s', async () => {
    const from = await head();
    const { clerk } = rolecall;
    await tell(() => clerk.addMember('org_acme', 'user_bob', 'org:member'));
    await tell(() => clerk.changeRole('org_other', 'user_bob', 'org:admin'));
    await tell(() => clerk.banUser('user_bob'));
    await tell(() => clerk.banUser('user_cyd'));
    await tell(() => clerk.defineRole('org:clerk', 'Clerk', ['org:desk:tidy']));
    expect(kinds(await page(`after=${from}`, ACME))).toEqual([
      'granted user_bob',
      'suspended user_bob',
      'role_changed null',
    ]);
    expect(await page(`after=${from}`)).toMatchObject({ changes: { length: 5 } });
  });

  it('goes on after what it is not told of, and waits past it', async () => {
    const from = await head();
    const waiting = page(`after=${from}&wait=30`, ACME);
    await tell(() => rolecall.clerk.unbanUser('user_cyd'));
    expect(await page(`after=${from}`, ACME)).toMatchObject({ changes: [], next: from + 1 });
    await tell(() => rolecall.clerk.unbanUser('user_bob'));
    expect(kinds(await waiting)).toEqual(['restored user_bob']);
  });

  it('hears that a user is suspended who was so before they joined', async () => {
    const { clerk } = rolecall;
    await tell(() => clerk.banUser('user_cyd'));
    const from = (await page(`after=${await head()}`, ACME)).next;
    await tell(() => clerk.addMember('org_acme', 'user_cyd', 'org:member'));
    expect((await page(`after=${from}`, ACME)).changes).toMatchObject([
      { kind: 'granted', user: 'user_cyd', suspended: true },
    ]);
  });
});

describe('what asks wrongly', () => {
  it('is told so before anything is read', async () => {
    for (const query of [
      '',
      'after=',
      'after=-1',
      'after=1.5',
      'after=1e3',
      'after=0x10',
      'after=01',
      'after=9007199254740992',
      'after=99999999999999999999',
      'after=null',
      'after=0&after=1',
      'after=0&limit=0',
      'after=0&limit=1001',
      'after=0&limit=-1',
      'after=0&limit=Infinity',
      'after=0&wait=-1',
      'after=0&wait=NaN',
      'after=0&wait=1.5',
      'after=0&epoch=',
      'after=0&epoch=%00',
      'after=0&epoch=a%0Ab',
      `after=0&epoch=${'x'.repeat(101)}`,
      'after=0&constructor=1',
      `after=0&epoch=${encodeURIComponent("'; drop table rolecall.changes; --")}&extra=1`,
    ]) {
      expect(await codeOf(query), query).toEqual([400, 'invalid_parameter']);
    }
    const injected = encodeURIComponent("'::jsonb); drop table rolecall.changes; --\\");
    expect(await codeOf(`after=0&epoch=${injected}`)).toEqual([410, 'resync_required']);
    expect((await page('after=2')).changes.length).toBeGreaterThan(0);
  });

  it('is refused without a token, and with another method', async () => {
    for (const token of ['', 'wrong', `${ACME}x`]) {
      expect(await codeOf('after=0', token)).toEqual([401, 'unauthenticated']);
    }
    const posted = await fetch(`${rolecall.url}/v1/changes?after=0`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const headed = await fetch(`${rolecall.url}/v1/changes?after=2&wait=30`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${READ_TOKEN}` },
    });
    expect([headed.status, headed.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});
