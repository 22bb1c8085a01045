import { expect, test } from 'vitest';
import { House, member, removed, revocations, role, second, user } from './support/house.ts';
import { organizationId, userId } from './support/world.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('editor', 0));
  return house;
};

test('a role that loses something refuses what was issued up to our commit, and signs nobody out', () => {
  const house = acme();
  const decided = house.hear(role('editor', ['read'], 50), { now: 58 });
  expect(decided.changes).toMatchObject([
    { kind: 'role_changed', cutoff: { of: 'role', id: 'editor', at: second(50), notBeforeCommit: true } },
  ]);
  expect(revocations(decided)).toEqual([]);
  expect([house.accepts(58), house.accepts(59)]).toEqual([false, true]);
});

test('a role that only gains invalidates nothing', () => {
  const house = acme();
  const decided = house.hear(role('editor', ['read', 'write', 'bill'], 50));
  expect(decided.changes).toMatchObject([{ kind: 'role_changed', cutoff: null }]);
  expect(house.accepts(1)).toBe(true);
});

test('an old definition that held more cuts off at the present one', () => {
  const house = acme();
  house.hearAll(role('editor', ['read', 'write'], 50), role('editor', ['bill', 'read', 'write'], 30));
  expect(house.can()).toEqual(['read', 'write']);
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('what a renamed role granted in between, those who are known by its old name had as well', () => {
  const house = new House();
  const renamed = (permissions: string[], updated: number) =>
    role('author', permissions, updated, { id: 'role_editor' });
  house.hearAll(role('editor', ['read']), member('editor', 0), renamed(['read'], 20), renamed(['read'], 50));
  house.hear(renamed(['bill', 'read'], 30), { now: 60 });
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('two definitions of one moment, one of them told late, cut off those who are known by the old name', () => {
  const house = new House();
  const renamed = (permissions: string[], updated: number) =>
    role('author', permissions, updated, { id: 'role_editor' });
  house.hearAll(role('editor', ['read']), member('editor', 1, { created: 1 }), role('editor', [], 2));
  house.hearAll(renamed([], 20), renamed([], 30), renamed([], 40));
  house.hear(renamed(['read'], 30), { now: 41 });
  house.hear({ kind: 'permission-deleted', id: 'perm_read', at: second(30) }, { now: 400 });
  expect([house.accepts(30), house.accepts(41)]).toEqual([false, true]);
});

test('a late definition that is held back, and then gone, was in tokens all the same', () => {
  const house = acme();
  house.hear(role('editor', ['bill', 'read', 'write'], 10), { now: 400 });
  house.hear(role('editor', ['read', 'write'], 401));
  expect([house.accepts(401), house.accepts(402)]).toEqual([false, true]);
});

test('first sight of a role by an update cuts off its holders', () => {
  const house = new House();
  house.hearAll(role('editor', ['read'], 50), member('editor', 0));
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('a deleted permission cuts off the holders of roles that granted it, and nobody else', () => {
  const house = acme();
  house.hear(member('viewer', 0, { user: 'bob', id: 'mem_2' }));
  house.hear({ kind: 'permission-deleted', id: 'perm_write', at: second(50) });
  expect(house.accepts(50)).toBe(false);
  expect(house.accepts(50, 'bob')).toBe(true);
});

test('a session that ended is refused for ever, and no other', () => {
  const house = acme();
  house.hear({ kind: 'session-ended', id: 'sess_1', userId: userId('ada'), at: second(50) });
  house.hear({ kind: 'session', id: 'sess_1', userId: userId('ada'), at: second(60) });
  expect(house.accepts(1000)).toBe(false);
  expect(house.accepts(1, 'ada', 'sess_2')).toBe(true);
});

test('a new password cuts off the user everywhere, and by default signs nobody out', () => {
  const house = acme();
  const decided = house.hear(user(50, { password: 50 }));
  expect(decided.changes).toMatchObject([
    { kind: 'password_changed', cutoff: { of: 'user', at: second(50) } },
  ]);
  expect(revocations(decided)).toEqual([]);
  expect([house.accepts(50), house.accepts(51)]).toEqual([false, true]);
});

test('a password that was told before does not cut off again', () => {
  const house = acme();
  house.hear(user(50, { password: 50 }));
  expect(house.hear(user(60, { password: 50 })).changes).toEqual([]);
  expect(house.hear(user(40, { password: 30 })).changes).toEqual([]);
});

test('a new password signs out where that was chosen', () => {
  const house = new House({ password: 'revoke' });
  expect(revocations(house.hear(user(50, { password: 50 })))).toMatchObject([{ cutoff: second(50) }]);
});

test('a deleted user is cut off and signed out', () => {
  const house = acme();
  const decided = house.hear({ kind: 'user-deleted', id: userId('ada'), at: second(50) });
  expect(decided.changes).toMatchObject([{ kind: 'user_deleted', cutoff: { of: 'user', at: second(50) } }]);
  expect(revocations(decided)).toMatchObject([{ lane: 'removal', cutoff: second(50) }]);
});

test('a deleted organization refuses what was issued up to our commit, by one change', () => {
  const house = acme();
  const told = { kind: 'organization-deleted', id: organizationId('acme'), at: second(50) } as const;
  expect(house.hear(told, { now: 58 }).changes).toMatchObject([
    { kind: 'organization_deleted', cutoff: { of: 'organization', id: 'acme', notBeforeCommit: true } },
  ]);
  expect(house.store.tables.organizations.get('acme')?.cutoff).toBe(second(58));
});

test('a removal signs out only from the last membership where that was chosen', () => {
  const house = new House({ removed: 'revoke-when-last', reduced: 'refresh' });
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']), member('editor', 0));
  expect(revocations(house.hear(member('viewer', 20)))).toEqual([]);
  expect(house.accepts(20)).toBe(false);
  expect(revocations(house.hear(removed(50)))).toMatchObject([{ onlyWhenLast: true }]);
});

test('a duplicate owes nothing twice', () => {
  const house = acme();
  house.hear(removed(50));
  expect(house.hear(removed(50)).effects).toEqual([]);
  house.hear(user(60, { suspended: true }));
  expect(house.hear(user(60, { suspended: true })).effects).toEqual([]);
});

test('a deleted permission that a role was told to grant, and was not believed, was in tokens all the same', () => {
  const house = acme();
  house.hear(role('editor', ['bill', 'read', 'write'], 10), { now: 400 });
  house.hear({ kind: 'permission-deleted', id: 'perm_bill', at: second(410) });
  expect([house.accepts(410), house.accepts(411)]).toEqual([false, true]);
});
