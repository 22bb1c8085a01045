import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../http/support/rolecall.ts';
import { HOSTILE, startScene } from './support/scene.ts';
import { type Visitor, visitorOf } from './support/visitor.ts';

let rolecall: Running;
let visitor: Visitor;
beforeAll(async () => {
  rolecall = await startScene();
  visitor = visitorOf(rolecall);
  await visitor.signIn();
});
afterAll(() => rolecall.stop());

const failedDelivery = async (): Promise<string> => {
  const [row] = await rolecall.sql`
    select id from rolecall.inbox where reason = 'refused_by_database' and organization_id is not null`;
  return String(row?.['id']);
};
const go = (answer: { readonly json: unknown }) =>
  String((answer.json as { go: string }).go).replace(/^.*?console/, '');

describe('a delivery', () => {
  it('is found by status, type, organization, user and time, in UTC where no offset is said', async () => {
    const id = await failedDelivery();
    const found = async (query: string) =>
      (await visitor.get(`/deliveries${query}`)).text.includes(`/deliveries/${id}"`);
    const soon = new Date(Date.now() + 120_000).toISOString().slice(0, 16);
    const hits = [
      '?status=failed',
      '?status=&type=organizationMembership.deleted&organization=org_acme&user=user_9',
      `?to=${soon}`,
    ];
    for (const query of hits) expect(await found(query), query).toBe(true);
    for (const query of ['?status=applied', '?user=user_1', `?from=${soon}`])
      expect(await found(query), query).toBe(false);
    const wrong = await visitor.get('/deliveries?organization=not%20an%20id');
    expect([wrong.status, wrong.text.includes('“organization” cannot be read')]).toEqual([200, true]);
  });

  it('is told page by page', async () => {
    const first = await visitor.get('/deliveries');
    const [, older = ''] = /<a rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    const second = await visitor.get(`/deliveries${older.replaceAll('&amp;', '&')}`);
    const ids = (text: string) => [...text.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id);
    expect(ids(first.text)).toHaveLength(50);
    expect(ids(second.text).length).toBeGreaterThan(0);
    expect(ids(second.text).filter((id) => ids(first.text).includes(id))).toEqual([]);
  });

  it('tells who lost what, when they were refused, and what is owed for it', async () => {
    const [row] = await rolecall.sql`
      select delivery_id from rolecall.changes where kind = 'removed' and user_id = 'user_7'`;
    const { text } = await visitor.get(`/deliveries/${String(row?.['delivery_id'])}`);
    const plain = text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(plain).toMatch(
      /Received .* Decided: applied .* Access taken .* − loses .* Refused from now on .* dead: sign out at Clerk/,
    );
    expect(plain).toMatch(/Received → refused \d+ ms/);
  });

  it('is not there where there is none', async () => {
    for (const path of [
      '/deliveries/msg_none',
      '/deliveries/%00',
      `/deliveries/${'x'.repeat(300)}`,
      '/replays/999',
      '/replays/x',
      '/reconciliations/999',
    ]) {
      const answer = await visitor.get(path);
      expect([answer.status, answer.text.includes('<h1>Nothing here</h1>')], path).toEqual([404, true]);
    }
  });
});

describe('a replay', () => {
  it('is previewed, told who would lose what, and done with a reason only', async () => {
    const id = await failedDelivery();
    const held = () => rolecall.sql`select from rolecall.members where user_id = 'user_9'`;
    const preview = go(await visitor.post('/replays', { what: 'ids', id }));
    const { text } = await visitor.get(preview);
    expect(text).toContain('Who would gain or lose');
    expect(text.replaceAll(/<[^>]+>/g, '')).toMatch(/user_9\s+in\s+org_acme[\s\S]*−loses\s+tickets:view/);
    expect(await held()).toHaveLength(1);
    for (const reason of ['', ' ', 'two\nlines'])
      expect((await visitor.post(`${preview}/run`, { reason })).status, reason).toBe(400);
    const real = await visitor.post(`${preview}/run`, { reason: HOSTILE });
    expect(real.json).toMatchObject({ said: 'Replayed.' });
    expect(await held()).toHaveLength(0);
    expect(await rolecall.sql`select asked_by, reason from rolecall.replays where not dry_run`).toEqual([
      { asked_by: 'ann', reason: HOSTILE },
    ]);
    expect((await visitor.post(`${go(real)}/cancel`)).status).toBe(409);
  });

  it('of a filter is previewed by the same filter', async () => {
    const path = go(await visitor.post('/replays', { what: 'filter', status: 'applied', user: 'user_3' }));
    const [row] =
      await rolecall.sql`select selection from rolecall.replays where id = ${Number(path.split('/').at(-1))}`;
    expect(row?.['selection']).toMatchObject({ filter: { status: 'applied', userId: 'user_3' } });
    expect((await visitor.post('/replays', { what: 'filter', status: 'nonsense' })).status).toBe(400);
    expect((await visitor.post('/replays', { what: 'ids' })).status).toBe(400);
    expect((await visitor.post('/replays/999/run', { reason: 'x' })).status).toBe(404);
  });
});

describe('what is owed, and what waits', () => {
  it('is tried again, paused with a reason, and resumed', async () => {
    const [dead] = await rolecall.sql`select id::int as id from rolecall.effects where status = 'dead'`;
    expect((await visitor.post(`/effects/${dead?.['id']}/retry`)).status).toBe(200);
    expect(await rolecall.sql`select from rolecall.effects where status = 'dead'`).toHaveLength(0);
    await rolecall.sql`update rolecall.effects set status = 'dead', settled_at = now() where status = 'owed'`;
    const many = (await visitor.get('/effects?status=dead')).text;
    const ids = [...many.matchAll(/<input type="hidden" name="id" value="(\d+)">/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(1);
    const fields = new URLSearchParams([...ids, '999999', 'x'].map((id) => ['id', id ?? '']));
    const several = await visitor.post('/effects/retry', fields.toString());
    expect(several.json).toEqual({
      go: null,
      said: `${ids.length} of ${ids.length + 2} are tried again now.`,
    });
    expect(await rolecall.sql`select from rolecall.effects where status = 'dead'`).toHaveLength(0);
    expect((await visitor.post('/effects/retry')).status).toBe(400);
    expect((await visitor.post('/effects/pause', { reason: '' })).status).toBe(400);
    expect((await visitor.post('/effects/pause', { reason: 'a look first' })).status).toBe(200);
    expect((await visitor.get('/effects')).text).toContain('a look first');
    expect((await visitor.get('')).text).toContain('paused by ann');
    expect((await visitor.post('/effects/resume')).status).toBe(200);
    expect((await visitor.get('/effects')).text).not.toContain('a look first');
  });

  it('is shown with its difference, and decided on once', async () => {
    const { text } = await visitor.get('/holds');
    const [, id] = /Hold (\d+): a policy that takes something from \d+ of \d+ members/.exec(text) ?? [];
    expect(text).toMatch(/org:member[\s\S]*loses<\/span>\s*<code>tickets:work/);
    expect((await visitor.post(`/holds/${id}/reject`)).status).toBe(200);
    expect((await visitor.post(`/holds/${id}/approve`)).status).toBe(409);
    expect((await visitor.get('/holds')).text).toContain('Nothing waits for you.');
    expect((await visitor.get('/holds?status=rejected')).text).toContain('rejected by ann');
  });
});

describe('members', () => {
  it('are found by organization, with their roles, what they may do and why', async () => {
    expect((await visitor.get('/members?query=org_a')).text).toContain('?organization=org_acme');
    expect((await visitor.get('/members?query=zzz')).text).toContain('None begins so.');
    const { text } = await visitor.get('/members?organization=org_acme');
    expect(text).toContain('<circle cx="5" cy="5" r="4.4" fill="teal"/>');
    expect(text.match(/<td><span class="yes"/g)?.length).toBeGreaterThan(20);
    const why = await visitor.get('/members?organization=org_acme&user=user_3&permission=tickets:view');
    expect(why.text.replaceAll(/<[^>]+>/g, '')).toMatch(/May\s+tickets:view/);
    expect((await visitor.get('/members?organization=%3Cscript%3E')).text).toContain('<h1>Members</h1>');
  });
});

describe('what somebody else has written', () => {
  it('is text on every page that shows it', async () => {
    await visitor.post('/effects/pause', { reason: HOSTILE });
    const paths = [
      '',
      '/deliveries',
      '/deliveries/msg_hostile',
      '/deliveries/msg_malformed',
      '/replays',
      '/replays/1',
      '/replays/2',
      '/effects',
      '/holds?status=rejected',
      '/members',
      '/members?organization=org_acme',
      '/members?organization=org_acme&user=user_3',
      '/audit',
      `/deliveries?type=${encodeURIComponent(HOSTILE)}`,
      `/members?query=${encodeURIComponent(HOSTILE)}`,
    ];
    let shown = 0;
    for (const path of paths) {
      const { text, status } = await visitor.get(path);
      expect(status, path).toBe(200);
      expect(text, path).not.toMatch(/<script>window|<img src=x/);
      if (text.includes('&lt;script&gt;window.owned=1')) shown += 1;
    }
    expect(shown).toBeGreaterThan(7);
  });
});

describe('mounted below a path', () => {
  it('every link, form and file leads to itself', async () => {
    const mounted = await startScene({ basePath: '/a/b' });
    try {
      const there = visitorOf(mounted);
      expect((await there.signIn()).status).toBe(200);
      for (const path of [
        '',
        '/deliveries',
        '/deliveries/msg_hostile',
        '/effects',
        '/members?organization=org_acme',
      ]) {
        const { text } = await there.get(path);
        const base = `${mounted.url}/console${path}`;
        const links = [...text.matchAll(/(?:href|src|action)="([^"#]+)"/g)].map(
          ([, to = '']) => new URL(to.replaceAll('&amp;', '&'), base),
        );
        expect(links.filter(({ protocol }) => protocol !== 'data:').length).toBeGreaterThan(8);
        for (const to of links.filter(({ protocol }) => protocol !== 'data:'))
          expect(to.href, path).toMatch(new RegExp(`^${mounted.url}/console(/|\\?|$)`));
      }
      const script = await there.get('/console.js');
      expect([script.status, script.headers.get('content-type')]).toEqual([
        200,
        'text/javascript; charset=utf-8',
      ]);
    } finally {
      await mounted.stop();
    }
  });
});
