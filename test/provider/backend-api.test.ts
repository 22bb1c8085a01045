import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isOrganizationId, isUserId } from '../../src/domain/ids.ts';
import type { Provider, ProviderPage } from '../../src/pipeline/ports.ts';
import { clerkBackendApi } from '../../src/provider/clerk/backend-api.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type ServedClerkStandIn, serveClerkStandIn } from '../../src/testing/index.ts';

const SECRET_KEY = 'sk_test_backend_api';
/** Longer than a busy machine takes for any answer. */
const PATIENCE_MS = 20_000;
const NOW = 1_795_293_922_123;
const clock = { now: () => NOW };

let served: ServedClerkStandIn;
let provider: Provider;
beforeAll(async () => {
  served = await serveClerkStandIn({ autoSend: false, secretKey: SECRET_KEY, instanceId: 'ins_here' });
  provider = at(served.url);
  const { standIn } = served;
  standIn.createUser({ id: 'user_jane' });
  standIn.createUser({ id: 'user_joe' });
  standIn.createOrganization({ id: 'org_acme' });
  standIn.addMember('org_acme', 'user_jane', 'org:member');
});
afterEach(() => served.standIn.clearFaults());
afterAll(() => served.close());

function at(apiUrl: string, secretKey = SECRET_KEY, timeoutMs = PATIENCE_MS): Provider {
  return clerkBackendApi({ secretKey, apiUrl, timeoutMs, clock });
}

function ids(organization: string, person: string) {
  if (!isOrganizationId(organization) || !isUserId(person)) throw new Error('no ids');
  return [organization, person] as const;
}
const [acme, jane] = ids('org_acme', 'user_jane');
const [nowhere, joe] = ids('org_nowhere', 'user_joe');
const [, nobody] = ids('org_x', 'user_nobody');

/** Each question there is. */
const asking = (of: Provider): [string, () => Promise<object>][] => [
  ['instance', () => of.instance()],
  ['member', () => of.member(acme, jane)],
  ['user', () => of.user(jane)],
  ['organization', () => of.organization(acme)],
  ['roles', () => of.roles(0)],
  ['organizations', () => of.organizations(0)],
  ['users', () => of.users(null, 0)],
  ['users of one', () => of.users(acme, 0)],
  ['memberships', () => of.memberships(null, 0)],
  ['memberships of one', () => of.memberships(acme, 0)],
  ['sessions', () => of.sessions(jane, 0)],
  ['revokeSession', () => of.revokeSession('sess_1')],
];

describe('an answer', () => {
  it('names the instance of the key', async () => {
    expect(await provider.instance()).toEqual({ answer: 'ins_here' });
  });

  it('about a member is a snapshot as of when it was asked for', async () => {
    const membership = [...served.standIn.state.memberships.values()][0];
    expect(await provider.member(acme, jane)).toEqual({
      answer: [
        {
          kind: 'membership',
          told: 'observed',
          id: membership?.id,
          organizationId: 'org_acme',
          userId: 'user_jane',
          role: 'org:member',
          scoped: {},
          flaws: [],
          permissions: ['org:sys_memberships:read', 'org:sys_billing:read'],
          createdAt: membership?.createdAt,
          version: { updatedAt: membership?.updatedAt, at: NOW },
          userSuspended: false,
          organization: {
            updatedAt: served.standIn.state.organizations.get('org_acme')?.updatedAt,
            features: [],
            agents: {},
            flaws: [],
          },
        },
      ],
    });
  });

  it('about an organization tells what is switched on in it, and infers nothing from not finding one', async () => {
    const made = served.standIn.createOrganization({
      id: 'org_beta',
      publicMetadata: { features: ['beta'], agents: { bot: { tools: { allowed: ['search'] } } } },
    });
    const [beta] = ids('org_beta', 'user_x');
    const metadata = {
      updatedAt: made.updatedAt,
      features: ['beta'],
      agents: { bot: ['search'] },
      flaws: [],
    };
    const version = { updatedAt: made.updatedAt, at: NOW };
    expect(await provider.organization(beta)).toEqual({
      answer: [{ kind: 'organization', told: 'observed', id: beta, name: made.name, metadata, version }],
    });
    expect(await provider.organization(nowhere)).toEqual({ answer: [] });
  });

  it('that lists no member, or finds no organization, is an absence', async () => {
    const absent = (organizationId: string, userId: string) => ({
      answer: [{ kind: 'membership-absent', organizationId, userId, at: NOW }],
    });
    expect(await provider.member(acme, joe)).toEqual(absent('org_acme', 'user_joe'));
    expect(await provider.member(acme, nobody)).toEqual(absent('org_acme', 'user_nobody'));
    expect(await provider.member(nowhere, jane)).toEqual(absent('org_nowhere', 'user_jane'));
  });

  it('about a user tells of a ban, and infers nothing from not finding one', async () => {
    served.standIn.createUser({ id: 'user_banned' });
    served.standIn.banUser('user_banned');
    const [, banned] = ids('org_x', 'user_banned');
    expect(await provider.user(banned)).toMatchObject({
      answer: [{ kind: 'user', told: 'observed', id: 'user_banned', suspended: true, version: { at: NOW } }],
    });
    expect(await provider.user(nobody)).toEqual({ answer: [] });
  });

  it('to a revocation of what is gone counts as done', async () => {
    expect(await provider.revokeSession('sess_never')).toEqual({ answer: 'gone' });
    const session = served.standIn.createSession('user_jane');
    expect(await provider.revokeSession(session.id)).toEqual({ answer: 'revoked' });
    expect(served.standIn.state.sessions.get(session.id)?.status).toBe('revoked');
    expect(await provider.revokeSession(session.id)).toEqual({ answer: 'revoked' });
  });

  it('about sessions says which may still be used, the pending ones too', async () => {
    const { standIn } = served;
    standIn.createUser({ id: 'user_sessions' });
    const active = standIn.createSession('user_sessions');
    const pending = standIn.createSession('user_sessions', { status: 'pending' });
    const ended = standIn.createSession('user_sessions');
    standIn.endSession(ended.id);
    const over = standIn.createSession('user_sessions', { lifetimeMs: -60_000 });
    const [, who] = ids('org_x', 'user_sessions');
    const { answer } = (await provider.sessions(who, 0)) as { answer: { sessions: object[]; more: boolean } };
    expect(answer.more).toBe(false);
    expect(answer.sessions).toHaveLength(4);
    for (const [session, live] of [
      [active, true],
      [pending, true],
      [ended, false],
      [over, false],
    ] as const) {
      expect(answer.sessions).toContainEqual({ id: session.id, createdAt: session.createdAt, live });
    }
    expect(await provider.sessions(nobody, 0)).toEqual({ answer: { sessions: [], more: false } });
  });
});

describe('long lists', () => {
  it('of sessions come in pages, each of them once', async () => {
    const { standIn } = served;
    standIn.createUser({ id: 'user_many' });
    standIn.sameInstant(() => {
      for (let made = 0; made < 1_001; made += 1) standIn.createSession('user_many');
    });
    const [, many] = ids('org_x', 'user_many');
    const seen: string[] = [];
    const pages: boolean[] = [];
    for (let more = true; more; ) {
      const page = await provider.sessions(many, seen.length);
      if ('failure' in page) throw new Error(page.failure);
      seen.push(...page.answer.sessions.map((one) => one.id));
      more = page.answer.more;
      pages.push(more);
    }
    expect(pages).toEqual([true, true, false]);
    expect(new Set(seen).size).toBe(1_001);
  });

  it('of roles come in pages, each of them once', async () => {
    const large = await serveClerkStandIn({ autoSend: false, secretKey: SECRET_KEY });
    try {
      large.standIn.sameInstant(() => {
        for (let made = 0; made < 510; made += 1) large.standIn.defineRole(`org:role_${made}`, 'Role', []);
      });
      const first = await at(large.url).roles(0);
      const second = await at(large.url).roles(500);
      if ('failure' in first || 'failure' in second) throw new Error('no roles');
      expect(first.answer.evidence).toHaveLength(500);
      expect([first.answer.more, second.answer.more]).toEqual([true, false]);
      const all = [...first.answer.evidence, ...second.answer.evidence];
      expect(all).toHaveLength(512);
      expect(new Set(all.map((one) => ('id' in one ? one.id : ''))).size).toBe(512);
      expect(all[0]).toMatchObject({ kind: 'role', told: 'observed', version: { at: NOW } });
    } finally {
      await large.close();
    }
  });
});

describe('lists', () => {
  const pageOf = async (asked: ReturnType<Provider['users']>) => {
    const page = await asked;
    if ('failure' in page) throw new Error(page.failure);
    return page.answer;
  };
  const idsIn = ({ evidence }: ProviderPage) => evidence.map((one) => ('id' in one ? one.id : ''));

  it('come in the order of joining, so that whoever comes meanwhile moves nobody', async () => {
    const large = await serveClerkStandIn({ autoSend: false, secretKey: SECRET_KEY });
    try {
      const { standIn } = large;
      for (const id of ['org_a', 'org_b']) standIn.createOrganization({ id });
      for (let made = 0; made < 510; made += 1) {
        standIn.createUser({ id: `user_${made}` });
        standIn.addMember(made % 2 === 0 ? 'org_a' : 'org_b', `user_${made}`, 'org:member');
      }
      const of = at(large.url);
      const [orgA] = ids('org_a', 'user_x');
      for (const list of [
        (offset: number) => pageOf(of.users(null, offset)),
        (offset: number) => pageOf(of.memberships(null, offset)),
      ]) {
        const [first, second] = [await list(0), await list(500)];
        expect([first.more, second.more, first.total, second.total]).toEqual([true, false, 510, 510]);
        expect(new Set([...idsIn(first), ...idsIn(second)]).size).toBe(510);
        standIn.createUser({ id: `user_new_${idsIn(first)[0]}` });
        expect(idsIn(await list(0))).toEqual(idsIn(first));
      }
      const joined = await pageOf(of.memberships(null, 0));
      expect(joined.evidence[0]).toMatchObject({
        kind: 'membership',
        told: 'observed',
        userId: 'user_0',
        version: { at: NOW },
      });
      expect(idsIn(await pageOf(of.organizations(0)))).toEqual(['org_a', 'org_b']);
      expect((await pageOf(of.memberships(orgA, 0))).evidence).toHaveLength(255);
      const users = await pageOf(of.users(orgA, 0));
      expect(users.evidence).toHaveLength(255);
      // What is counted is the instance's.
      expect(users.total).toBeNull();
    } finally {
      await large.close();
    }
  });

  it('of an organization that is gone hold nobody', async () => {
    expect(await provider.memberships(nowhere, 0)).toEqual({
      answer: { evidence: [], unreadable: [], more: false, total: 0 },
    });
  });
});

describe('a provider in trouble', () => {
  const expectAll = async (of: Provider, failure: object) => {
    const answers = await Promise.all(asking(of).map(async ([name, ask]) => [name, await ask()]));
    expect(Object.fromEntries(answers)).toEqual(
      Object.fromEntries(asking(of).map(([name]) => [name, failure])),
    );
  };

  it('that does not answer is given up on in time', async () => {
    served.standIn.failApi({ kind: 'hang' });
    const started = performance.now();
    await expectAll(at(served.url, SECRET_KEY, 300), { failure: 'timeout' });
    expect(performance.now() - started).toBeLessThan(PATIENCE_MS);
  });

  it('that is slow and still in time is heard', async () => {
    served.standIn.failApi({ kind: 'slow', ms: 100 });
    expect(await provider.instance()).toEqual({ answer: 'ins_here' });
  });

  it('that limits us says for how long', async () => {
    served.standIn.failApi({ kind: 'status', status: 429, retryAfter: 7 });
    await expectAll(provider, { failure: 'rate_limited', retryAfterMs: 7_000 });
  });

  it('that limits us and says no more is left alone for a second', async () => {
    served.standIn.failApi({ kind: 'status', status: 429 });
    await expectAll(provider, { failure: 'rate_limited', retryAfterMs: 1_000 });
    served.standIn.clearFaults();
    served.standIn.failApi({ kind: 'status', status: 429, html: true });
    await expectAll(provider, { failure: 'rate_limited', retryAfterMs: 1_000 });
  });

  it.each([
    [0, 1_000],
    [-5, 1_000],
    [300, 300_000],
    [99_999_999, 300_000],
  ])('that limits us for %i s is left alone within reason', async (retryAfter, retryAfterMs) => {
    served.standIn.failApi({ kind: 'status', status: 429, retryAfter });
    expect(await provider.instance()).toEqual({ failure: 'rate_limited', retryAfterMs });
  });

  it.each([500, 502, 503])('that answers %i failed, whether in JSON or in HTML', async (status) => {
    for (const html of [false, true]) {
      served.standIn.clearFaults();
      served.standIn.failApi({ kind: 'status', status, html });
      await expectAll(provider, { failure: 'server_error' });
    }
  });

  it('that refuses our key is told apart', async () => {
    await expectAll(at(served.url, 'sk_test_another'), { failure: 'unauthorized' });
    served.standIn.failApi({ kind: 'status', status: 403 });
    await expectAll(provider, { failure: 'unauthorized' });
  });

  it('that cannot be reached is told apart', async () => {
    await expectAll(at(`http://127.0.0.1:${await freePort()}`), { failure: 'unreachable' });
  });

  it('whose 404 is not its own takes nothing away from anybody', async () => {
    served.standIn.failApi({ kind: 'status', status: 404, html: true });
    await expectAll(provider, { failure: 'unexpected' });
    served.standIn.clearFaults();
    // JSON as well, and no word of a resource that was not found.
    served.standIn.failApi({ kind: 'status', status: 404 });
    await expectAll(provider, { failure: 'unexpected' });
  });
});

describe('an answer that is none', () => {
  /** A server that gives everybody the same answer. */
  async function answering(
    body: unknown,
    type = 'application/json',
  ): Promise<[Provider, () => Promise<void>]> {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return [at(`http://127.0.0.1:${port}`), close];
  }

  it.each<[string, unknown, string]>([
    ['a page of HTML', '<html><body>Welcome to the hotel</body></html>', 'text/html'],
    ['JSON that is cut off', '{"data":[', 'application/json'],
    ['an empty object', {}, 'application/json'],
    ['null', 'null', 'application/json'],
    ['an empty list', [], 'application/json'],
    ['an empty page of three', { data: [], total_count: 3 }, 'application/json'],
    ['JSON under another type', '{"id":"ins_1"}', 'application/json; charset=utf-8'],
  ])('is a failure: %s', async (_, body, type) => {
    const [odd, close] = await answering(body, type);
    try {
      for (const [name, ask] of asking(odd)) expect(await ask(), name).toHaveProperty('failure');
    } finally {
      await close();
    }
  });

  const fetched = async (path: string): Promise<unknown> =>
    (await fetch(`${served.url}${path}`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })).json();

  it('is a failure when it is about others, of whom nothing is inferred', async () => {
    const members = await fetched('/v1/organizations/org_acme/memberships');
    const [odd, close] = await answering(members);
    try {
      // The filter was lost on the way: Joe may stand on the next page, and Jane is not Joe.
      expect(await odd.member(acme, joe)).toEqual({ failure: 'unexpected' });
      expect(await odd.member(nowhere, ids('org_x', 'user_jane')[1])).toEqual({ failure: 'unexpected' });
    } finally {
      await close();
    }
    const [oddList, closeList] = await answering(members);
    try {
      expect(await oddList.memberships(nowhere, 0)).toEqual({ failure: 'unexpected' });
    } finally {
      await closeList();
    }
    const user = await fetched('/v1/users/user_jane');
    const [oddUser, closeUser] = await answering(user);
    try {
      expect(await oddUser.user(joe)).toEqual({ failure: 'unexpected' });
    } finally {
      await closeUser();
    }
  });

  it('is read but for what in it cannot be, of which no more is known than that it is there', async () => {
    const { data } = (await fetched('/v1/organizations/org_acme/memberships')) as { data: { id: string }[] };
    const nobodys = { ...data[0], id: 'orgmem_odd', role: null };
    const [odd, close] = await answering({ data: [nobodys, ...data], total_count: data.length + 1 });
    try {
      const page = await odd.memberships(acme, 0);
      expect(page).toMatchObject({ answer: { unreadable: ['orgmem_odd'], more: false } });
      expect('answer' in page && page.answer.evidence).toHaveLength(data.length);
    } finally {
      await close();
    }
    const [broken, closeBroken] = await answering({ data: [{ ...nobodys, id: 7 }, ...data], total_count: 9 });
    try {
      expect(await broken.memberships(acme, 0)).toEqual({ failure: 'unexpected' });
    } finally {
      await closeBroken();
    }
    const [all, closeAll] = await answering({ data: [nobodys], total_count: 1 });
    try {
      expect(await all.memberships(acme, 0)).toEqual({ failure: 'unexpected' });
    } finally {
      await closeAll();
    }
  });

  it("never leads to the revocation of somebody else's session", async () => {
    served.standIn.createSession('user_jane');
    const sessions = await fetched('/v1/sessions?user_id=user_jane&paginated=true');
    const [odd, close] = await answering(sessions);
    try {
      expect(await odd.sessions(joe, 0)).toEqual({ failure: 'unexpected' });
    } finally {
      await close();
    }
  });
});
