import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from './support/events.ts';
import { type SessionScene, startSessionScene } from './support/session-tokens.ts';

let scene: SessionScene;
beforeAll(async () => {
  scene = await startSessionScene();
});
afterAll(() => scene.rolecall.stop());

const open = async (token: string, query = '') => {
  const response = await scene.get(`/v1/me/changes${query}`, token, {
    accept: 'text/event-stream',
    origin: scene.origin,
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return { response, events: readEvents(response) };
};
/** A token that no cutoff of this second refuses. */
const later = { issuedAt: Date.now() + 1_000 };

describe('what changes for me', () => {
  it('is told whole where it is about me, and else only as having changed', async () => {
    const ada = await scene.signIn('user_ada');
    const { clerk } = scene.rolecall;
    const { response, events } = await open(ada.token(later));
    expect(response.headers.get('access-control-allow-origin')).toBe(scene.origin);
    expect((await events.next())?.data).toBeNull();
    clerk.createUser({ id: 'user_eve' });
    await scene.tell(() => clerk.addMember('org_acme', 'user_eve', 'org:member'));
    await scene.tell(() => clerk.banUser('user_eve'));
    await scene.tell(() => clerk.defineRole('org:clerk', 'Clerk', ['org:desk:tidy']));
    const role = await events.change();
    expect(Object.keys(role)).toEqual(['revision', 'kind', 'organization', 'role', 'at']);
    expect(role).toMatchObject({ kind: 'role_changed', role: 'org:clerk' });
    await scene.tell(() => clerk.addMember('org_other', 'user_ada', 'org:clerk'));
    const own = await events.change();
    expect(own).toMatchObject({
      kind: 'granted',
      organization: 'org_other',
      user: 'user_ada',
      permissions: [{ permission: 'org:desk:tidy' }],
    });
    expect(own).not.toHaveProperty('delivery');
    await events.close();
  });

  it('is told as one answer as well, from a revision on', async () => {
    const ada = await scene.signIn('user_ada');
    const token = ada.token(later);
    const now = (await (await scene.get('/v1/me/changes', token)).json()) as { epoch: string; next: number };
    await scene.tell(() => scene.rolecall.clerk.changeRole('org_other', 'user_ada', 'org:admin'));
    const query = `?after=${now.next}&epoch=${now.epoch}&wait=30`;
    expect(await (await scene.get(`/v1/me/changes${query}`, token)).json()).toMatchObject({
      epoch: now.epoch,
      changes: [{ organization: 'org_other', user: 'user_ada', role: 'org:admin' }],
    });
    for (const bad of ['?after=-1', '?user=user_bob', '?after=0&limit=0']) {
      expect((await scene.get(`/v1/me/changes${bad}`, token)).status, bad).toBe(400);
    }
    expect((await scene.get(`/v1/me/changes?after=${now.next + 1_000}`, token)).status).toBe(410);
  });

  it('makes nobody search through all that ever happened', async () => {
    const ada = await scene.signIn('user_ada');
    await scene.rolecall.sql`
      with counted as (update rolecall.counter set revision = revision + 5000 returning revision)
      insert into rolecall.changes (revision, kind, organization_id, user_id, at, cause)
      select c.revision - 5000 + n, 'cut_off', 'org_other', 'user_nobody', 1, 'test' from counted as c, generate_series(1, 5000) as n`;
    expect((await scene.get('/v1/me/changes?after=0', ada.token(later))).status).toBe(410);
    expect((await scene.get('/v1/me/changes', ada.token(later))).status).toBe(200);
  });
});

describe('pages that wait', () => {
  it('are so many of one user at most, and others may still', async () => {
    const [bob, ada] = [await scene.signIn('user_bob'), await scene.signIn('user_ada')];
    const pages = await Promise.all(Array.from({ length: 32 }, () => open(bob.token(later))));
    const refused = await scene.get('/v1/me/changes', bob.token(later));
    expect([refused.status, await refused.json()]).toMatchObject([
      429,
      { error: { code: 'too_many_streams' } },
    ]);
    await (await open(ada.token(later))).events.close();
    await pages[0]?.events.close();
    await expect.poll(async () => (await scene.get('/v1/me/changes', bob.token(later))).status).toBe(200);
    // An answer that ended is not counted any more, and neither is a refused one.
    await (await open(bob.token(later))).events.close();
    await Promise.all(pages.map(({ events }) => events.close()));
  });
});

describe('the stream ends', () => {
  const { changeRole, changeRolePermissions, removeMember, banUser } = {
    changeRole: (user: string) => scene.rolecall.clerk.changeRole('org_acme', user, 'org:member'),
    changeRolePermissions: () => scene.rolecall.clerk.changeRolePermissions('org:desk', []),
    removeMember: (user: string) => scene.rolecall.clerk.removeMember('org_acme', user),
    banUser: (user: string) => scene.rolecall.clerk.banUser(user),
  };
  it.each([
    ['reduced', changeRole],
    ['removed', removeMember],
    // Clerk ends the sessions first.
    ['session_ended', banUser],
    // Last, for it cuts off all who hold the role.
    ['role_changed', changeRolePermissions],
  ])('right after the change that cuts the token off: %s', async (kind, change) => {
    const { clerk } = scene.rolecall;
    const { id: user } = clerk.createUser({ id: `user_${kind}` });
    if (kind === 'reduced') clerk.defineRole('org:desk', 'Desk', ['org:desk:tidy']);
    clerk.addMember('org_acme', user, 'org:desk');
    await scene.tell();
    const token = (await scene.signIn(user)).token();
    const { events } = await open(token);
    await events.next();
    await scene.tell(() => change(user));
    expect(await events.change()).toMatchObject({ kind });
    // What came together is told together.
    for (let rest = await events.next(); rest !== null; rest = await events.next()) {
      expect(rest.data).toMatchObject({ kind: 'suspended' });
    }
    const again = await scene.get('/v1/me/changes', token);
    expect(await again.json()).toMatchObject({ error: { code: 'token_cut_off' } });
  });

  it('when the session ends, and not when another one does', async () => {
    const [ada, other] = [await scene.signIn('user_ada'), await scene.signIn('user_ada')];
    const { events } = await open(ada.token(later));
    await events.next();
    await scene.tell(() => scene.rolecall.clerk.endSession(other.id));
    expect(await events.change()).toMatchObject({ kind: 'session_ended', cutoff: { id: other.id } });
    await scene.tell(() => scene.rolecall.clerk.endSession(ada.id));
    expect(await events.change()).toMatchObject({ kind: 'session_ended', cutoff: { id: ada.id } });
    expect(await events.next()).toBeNull();
  });

  it('when the token expires', async () => {
    const ada = await scene.signIn('user_ada');
    const { events } = await open(ada.token({ issuedAt: Date.now() + 1_000, lifetime: 1 }));
    for (let next = await events.next(); next !== null; next = await events.next()) {
      expect(next.data).toBeNull();
    }
  });
});
