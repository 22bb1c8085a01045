import './support/dom.ts';
import { createElement, type ReactNode, StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import type { PolicyDefinition } from '../../src/policy/index.ts';
import { Can, RolecallProvider, type RolecallProviderProps, useCan } from '../../src/sdk/react/index.ts';
import { type FakeMe, fakeMe, URL_OF_ME } from './support/fake-me.ts';

let me: FakeMe;
let root: Root;
let page: HTMLElement;
let asked: ({ readonly skipCache?: boolean } | undefined)[];
let tokens: (string | null)[];
beforeEach(() => {
  me = fakeMe();
  page = document.createElement('main');
  root = createRoot(page);
  asked = [];
  tokens = ['token_1'];
});
afterEach(() => root.unmount());

/** As Clerk's: the same until a fresh one is asked for, or there is none. */
const getToken = async (options?: { readonly skipCache?: boolean }) => {
  asked.push(options);
  if (options?.skipCache === true && tokens.length > 1) tokens.shift();
  return tokens[0] ?? null;
};

function provided(children: ReactNode, props: Partial<RolecallProviderProps> = {}) {
  const all = { url: `${URL_OF_ME}/`, getToken, fetch: me.fetch, organization: 'org_acme', ...props };
  return createElement(RolecallProvider, all, children);
}

const read = (props: object = {}) =>
  createElement(
    Can<PolicyDefinition>,
    { permission: 'invoices:read', fallback: 'no', loading: 'wait', ...props },
    'yes',
  );

const render = (children: ReactNode, props?: Partial<RolecallProviderProps>) =>
  flushSync(() => root.render(provided(children, props)));

const shows = (text: string) => expect.poll(() => page.textContent, { interval: 5 }).toBe(text);

describe('what may be seen', () => {
  it('is waited for, then shown to those who may', async () => {
    render(read());
    await shows('yes');
    await expect.poll(() => me.open).toBe(1);
    expect(me.requests).toEqual([
      { path: 'organizations/org_acme', token: 'token_1' },
      { path: 'changes?after=1', token: 'token_1' },
    ]);
  });

  it('is not shown before it is known, and something else to those who may not', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    me.answer = async () => {
      await opened;
      me.answer = null;
      return me.fetch(`${URL_OF_ME}/v1/me/organizations/org_acme`, {
        headers: { authorization: 'Bearer token_1' },
      });
    };
    render([read({ key: 1 }), read({ key: 2, permission: 'invoices:write' })]);
    expect(page.textContent).toBe('waitwait');
    open();
    await shows('yesno');
  });

  it('depends on owner, assignment and place', async () => {
    me.access = {
      role: 'org:admin',
      permissions: [
        { permission: 'notes:write', only: 'own' },
        { permission: 'inbox:open', only: 'assigned' },
        { permission: 'dags:push', scope: { type: 'workspace', id: 'ws_1' } },
        { permission: 'dags:view', scope: { type: 'workspace', id: '*' } },
        { permission: 'billing:update' },
      ],
    };
    const scope = { type: 'workspace', id: 'ws_1' };
    const cases: [string, object, string][] = [
      ['notes:write', {}, 'no'],
      ['notes:write', { owner: 'user_ada' }, 'yes'],
      ['notes:write', { owner: 'user_bob' }, 'no'],
      ['inbox:open', { assignees: ['user_bob', 'user_ada'] }, 'yes'],
      ['inbox:open', { assignees: ['user_bob'] }, 'no'],
      ['dags:push', {}, 'no'],
      ['dags:push', { scope }, 'yes'],
      ['dags:push', { scope: { ...scope, id: 'ws_2' } }, 'no'],
      ['dags:view', { scope: { ...scope, id: 'ws_2' } }, 'yes'],
      ['dags:view', { scope: undefined }, 'no'],
      ['billing:update', { scope: { type: 'organization', id: 'org_acme' } }, 'yes'],
      ['billing:update', { scope: { type: 'organization', id: 'org_other' } }, 'no'],
      ['billing:update', { scope }, 'no'],
    ];
    render(cases.map(([permission, about], key) => read({ key, permission, ...about })));
    await shows(cases.map(([, , answer]) => answer).join(''));
  });

  it('is nothing where no organization is active, or it is another one', async () => {
    render(read(), { organization: null });
    expect(page.textContent).toBe('no');
    expect(me.requests).toEqual([]);
    render(read({ organization: 'org_other' }));
    await shows('no');
    expect(me.requests.at(-1)?.path).toBe('organizations/org_other');
  });

  it('is waited for until it is known which organization is active', async () => {
    render(read(), { organization: undefined });
    expect(page.textContent).toBe('wait');
    expect(renderToString(provided(read(), { organization: undefined }))).toBe('wait');
    expect(me.requests).toEqual([]);
    render(read(), { organization: 'org_acme' });
    await shows('yes');
    render(read({ organization: undefined }));
    expect(page.textContent).toBe('wait');
  });

  it('is nothing where a provider names no organization, and nothing else does', () => {
    render(createElement(RolecallProvider, { url: URL_OF_ME, getToken, fetch: me.fetch }, read()));
    expect(page.textContent).toBe('no');
  });

  it('is nothing to those who are signed out', async () => {
    tokens = [];
    render(read());
    await shows('no');
    expect(me.requests).toEqual([]);
  });

  it('is asked for once, however much of a page depends on it, and no longer than it does', async () => {
    const strict = (children: ReactNode) => createElement(StrictMode, null, children);
    render(strict([read({ key: 1 }), read({ key: 2 }), read({ key: 3, permission: 'x' })]));
    await shows('yesyesno');
    expect(me.open).toBe(1);
    render(strict('nothing'));
    await expect.poll(() => me.open).toBe(0);
  });

  it('is not connected anew because the page is rendered again', async () => {
    render(read());
    await shows('yes');
    await expect.poll(() => me.open).toBe(1);
    const before = me.requests.length;
    render(read({ permission: 'invoices:write' }), { getToken: (options) => getToken(options) });
    await shows('no');
    expect(me.requests).toHaveLength(before);
  });

  it('is rendered on a server as not known yet, without a request', () => {
    expect(renderToString(provided(read()))).toBe('wait');
    expect(me.requests).toEqual([]);
  });

  it('cannot be asked for outside of a provider', () => {
    expect(() => renderToString(read())).toThrow('RolecallProvider');
  });

  it('is typed by the policy', () => {
    const useAstro = useCan<typeof astro>;
    expectTypeOf<'dags:view'>().toExtend<Parameters<typeof useAstro>[0]>();
    expectTypeOf<'dags:veiw'>().not.toExtend<Parameters<typeof useAstro>[0]>();
  });
});

describe('an open page', () => {
  const opened = async () => {
    render(read());
    await shows('yes');
    await expect.poll(() => me.open).toBe(1);
  };
  const ada = { organization: 'org_acme', user: 'user_ada' };

  it.each([
    ['removed', { ...ada, kind: 'removed', role: null, permissions: [] }],
    ['downgraded', { ...ada, kind: 'reduced', role: 'org:member', permissions: [{ permission: 'other' }] }],
    ['suspended', { kind: 'suspended', user: 'user_ada' }],
    ['deleted', { kind: 'user_deleted', user: 'user_ada' }],
    ['left without an organization', { kind: 'organization_deleted', organization: 'org_acme' }],
  ])('loses what it showed as soon as its user is %s, before anything is asked', async (_, change) => {
    await opened();
    const before = me.requests.length;
    me.answer = () => new Promise<Response>(() => undefined);
    me.tell(change);
    await shows('no');
    expect(me.requests.length).toBeLessThanOrEqual(before + 1);
  });

  it('gains what its user gains', async () => {
    me.access = { role: 'org:member', permissions: [] };
    render(read());
    await shows('no');
    await expect.poll(() => me.open).toBe(1);
    me.access = { role: 'org:admin', permissions: [{ permission: 'invoices:read' }] };
    me.tell({ ...ada, kind: 'granted', role: 'org:admin', permissions: me.access.permissions });
    await shows('yes');
  });

  it('asks anew when a role of its user changes, and not when another one does', async () => {
    await opened();
    const before = me.requests.length;
    me.tell({ kind: 'role_changed', role: 'org:librarian' });
    me.access = { role: 'org:admin', permissions: [] };
    me.tell({ kind: 'role_changed', role: 'org:admin' });
    await shows('no');
    await expect.poll(() => me.requests).toHaveLength(before + 2);
  });

  it('shows nothing while its token is cut off, fetches a fresh one once, and goes on', async () => {
    await opened();
    tokens = ['token_1', 'token_2'];
    me.taken = new Set(['token_2']);
    me.access = { role: 'org:admin', permissions: [{ permission: 'invoices:read' }] };
    me.tell({ kind: 'role_changed', role: 'org:admin' });
    me.end();
    await shows('wait');
    await shows('yes');
    expect(asked.filter((options) => options?.skipCache === true)).toHaveLength(1);
    expect(me.requests.at(-1)?.token).toBe('token_2');
  });

  it('goes on with the next token when one has ended by its time', async () => {
    await opened();
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    tokens = ['token_2'];
    me.taken = new Set(['token_2']);
    me.end();
    await expect.poll(() => me.open).toBe(1);
    now.mockRestore();
    await shows('yes');
    expect(me.requests.at(-1)?.token).toBe('token_2');
    expect(asked.every((options) => options === undefined)).toBe(true);
  });

  it('shows nothing if a fresh token is refused too', async () => {
    await opened();
    me.taken = new Set();
    me.end();
    await shows('no');
  });

  it('shows nothing after something it cannot read, until it has asked', async () => {
    await opened();
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    me.answer = async () => {
      await answered;
      return Response.json({ permissions: 'all' });
    };
    me.tell({ kind: 7 });
    await shows('wait');
    answer();
    await expect.poll(() => me.requests.length).toBeGreaterThan(3);
    expect(page.textContent).toBe('wait');
    me.answer = null;
    await shows('yes');
  });

  it('believes what it knew for a while when nobody answers, and no longer', async () => {
    await opened();
    me.answer = () => Response.error();
    const at = performance.now();
    const now = vi.spyOn(performance, 'now').mockReturnValue(at);
    me.end();
    await expect.poll(() => me.requests.length).toBeGreaterThan(3);
    expect(page.textContent).toBe('yes');
    now.mockReturnValue(at + 31_000);
    await shows('wait');
    now.mockRestore();
  });
});
