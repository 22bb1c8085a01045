import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import { type Client, createClient, type Question, RolecallUnavailable } from '../../src/sdk/index.ts';
import { type FakeRolecall, fakeRolecall, TOKEN } from './support/fake-rolecall.ts';
import { READ, WRITE } from './support/scene.ts';

let rolecall: FakeRolecall;
beforeAll(async () => {
  rolecall = await fakeRolecall();
  rolecall.may.add(`user_ada org_acme ${READ}`);
});
beforeEach(() => {
  rolecall.answer = null;
  rolecall.asked.length = 0;
});
afterAll(() => rolecall.stop());

const client = (options: object = {}) => createClient({ url: rolecall.url, token: TOKEN, ...options });
const ada = { user: 'user_ada', organization: 'org_acme', permission: READ };
const failure = async (asked: Promise<unknown>) => {
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  return error instanceof RolecallUnavailable ? error.code : error;
};

describe('a question', () => {
  it('is answered by Rolecall, with the reason of a denial', async () => {
    expect(await client().check(ada)).toEqual({ allowed: true });
    expect(await client().check({ ...ada, permission: WRITE })).toEqual({
      allowed: false,
      reason: 'missing_permission',
    });
    expect(await client().check({ ...ada, user: 'user_bob' })).toEqual({
      allowed: false,
      reason: 'not_a_member',
    });
  });

  it('carries all that it is about, and nothing else', async () => {
    await client().check({
      ...ada,
      owner: 'user_ada',
      assignees: ['user_bob'],
      scope: { type: 'workspace', id: 'ws_1' },
      token: { sessionId: 'sess_1', issuedAt: 1_795_293_922 },
      atLeastRevision: 7,
    });
    await client().check({
      agent: 'agt_1',
      actingFor: 'user_ada',
      organization: 'org_acme',
      permission: READ,
    });
    await client().check({ agent: 'agt_1', organization: 'org_acme', permission: READ, owner: null });
    const resource = { type: 'organization', id: 'org_acme' };
    expect(rolecall.asked).toEqual([
      {
        subject: { type: 'user', id: 'user_ada' },
        action: { name: READ },
        resource: {
          ...resource,
          properties: {
            owner: 'user_ada',
            assignees: ['user_bob'],
            scope: { type: 'workspace', id: 'ws_1' },
          },
        },
        context: { token: { session_id: 'sess_1', issued_at: 1_795_293_922 }, at_least_revision: 7 },
      },
      {
        subject: { type: 'agent', id: 'agt_1', properties: { acting_for: 'user_ada' } },
        action: { name: READ },
        resource,
      },
      { subject: { type: 'agent', id: 'agt_1' }, action: { name: READ }, resource },
    ]);
  });

  it('asserts no roles, though the caller would', async () => {
    const asserted = { ...ada, permission: WRITE, role: 'org:admin', roles: ['org:admin'], admin: true };
    expect(await client().check(asserted)).toMatchObject({ allowed: false });
    expect(JSON.stringify(rolecall.asked)).not.toContain('admin');
  });

  // By hand, as JavaScript would: left out of the request, each would ask for more than was meant.
  it.each([
    ['an organization', { organization: undefined }],
    ['an empty organization', { organization: '' }],
    ['a scope', { scope: undefined }],
    ['a scope without an id', { scope: { type: 'workspace', id: undefined } }],
    ['a user that an agent acts for', { actingFor: undefined }],
    ['a token', { token: undefined }],
  ])('that names %s and does not know it is not asked', async (_, part) => {
    const question: Question = { ...ada, ...(part as object) };
    await expect(client().check(question)).rejects.toThrow(TypeError);
    await expect(client().allows(question)).rejects.toThrow(TypeError);
    expect(rolecall.asked).toEqual([]);
  });

  it('can be asked of a Rolecall in the same process', async () => {
    const inside = client({
      url: 'http://rolecall/base/',
      fetch: (request: Request) =>
        Response.json({ decision: request.url === 'http://rolecall/base/access/v1/evaluation' }),
    });
    expect(await inside.allows(ada)).toBe(true);
  });
});

describe('no answer', () => {
  it.each([
    ['refused', 'a wrong token', 401, '{}'],
    ['refused', 'a question that is not understood', 400, '{}'],
    ['failed', 'an error', 500, '{"decision":true}'],
    ['failed', 'a redirect', 302, '{"decision":true}'],
    ['failed', 'another kind of success', 201, '{"decision":true}'],
    ['unreadable', 'a page of HTML', 200, '<html>'],
    ['unreadable', 'nothing', 200, ''],
    ['unreadable', 'a list', 200, '[true]'],
    ['unreadable', 'a decision that is no boolean', 200, '{"decision":"true"}'],
    ['unreadable', 'a reason that is none', 200, '{"decision":false,"context":{"reason":1}}'],
  ])('is %s for %s, and allows nothing', async (code, _, status, body) => {
    let answers = 0;
    rolecall.answer = (response) => {
      answers += 1;
      response.writeHead(status, { location: '/access/v1/evaluation' }).end(body);
    };
    expect(await failure(client().check(ada))).toBe(code);
    expect(answers).toBe(1);
    expect(await client().allows(ada)).toBe(false);
  });

  it('is a timeout where it does not come, or not to its end', async () => {
    rolecall.answer = () => undefined;
    expect(await failure(client({ timeoutMs: 30 }).check(ada))).toBe('timeout');
    rolecall.answer = (response) => void response.writeHead(200).write('{"decision":');
    expect(await failure(client({ timeoutMs: 30 }).check(ada))).toBe('timeout');
    const deaf = client({ timeoutMs: 30, fetch: () => new Promise(() => undefined) });
    expect(await failure(deaf.check(ada))).toBe('timeout');
    expect(await deaf.allows(ada)).toBe(false);
  });

  it('is asked for once more when the connection broke, and then it is unreachable', async () => {
    let attempts = 0;
    rolecall.answer = (response) => {
      attempts += 1;
      response.destroy();
      if (attempts === 3) rolecall.answer = null;
    };
    expect(await failure(client().check(ada))).toBe('unreachable');
    expect(attempts).toBe(2);
    expect(await client().allows(ada)).toBe(true);
    expect(attempts).toBe(3);
  });

  it('does not follow a denial: what was decided is not asked again', async () => {
    expect(await client().allows({ ...ada, permission: WRITE })).toBe(false);
    expect(rolecall.asked).toHaveLength(1);
  });

  it('names no secret', async () => {
    rolecall.answer = (response) => void response.writeHead(401).end();
    const error: unknown = await client()
      .check(ada)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain(TOKEN);
    expect(JSON.stringify(error)).not.toContain(TOKEN);
  });
});

describe('a client', () => {
  it('is not made in a browser, where everybody would have its token', () => {
    vi.stubGlobal('window', {});
    vi.stubGlobal('document', {});
    try {
      expect(() => client()).toThrow('This is a browser');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each([
    ['no url', { url: undefined }, 'url'],
    ['a url without a scheme', { url: 'rolecall.example' }, 'url'],
    ['another scheme', { url: 'ftp://rolecall.example' }, 'url'],
    ['a url that a path cannot follow', { url: 'https://rolecall.example/?a=b' }, 'url'],
    ['a url that ends in a fragment', { url: 'https://rolecall.example/#' }, 'url'],
    ['a url that `fetch` takes nowhere', { url: 'https://me:secret@rolecall.example' }, 'url'],
    ['no token', { token: undefined }, 'token'],
    ['a token with a line break', { token: 'secret\n' }, 'token'],
    ['no time to answer', { timeoutMs: 0 }, 'milliseconds'],
    ['a time that is no number', { timeoutMs: Number.NaN }, 'milliseconds'],
    ['a time that no timer keeps', { timeoutMs: Number.POSITIVE_INFINITY }, 'milliseconds'],
  ])('is not made with %s', (_, options, named) => {
    expect(() => client(options)).toThrow(named);
  });

  it('knows the permissions of its policy', () => {
    type Permission = Parameters<Client<string>['check']>[0]['permission'];
    expectTypeOf<Permission>().toEqualTypeOf<string>();
    const typed = createClient<typeof astro>({ url: rolecall.url, token: TOKEN });
    expectTypeOf<'dags:view'>().toExtend<Parameters<typeof typed.check>[0]['permission']>();
    expectTypeOf<'dags:veiw'>().not.toExtend<Parameters<typeof typed.check>[0]['permission']>();
  });
});
