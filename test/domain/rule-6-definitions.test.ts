import { expect, test } from 'vitest';
import { House, lookups, member, role, second } from './support/house.ts';

test('the list of a membership seeds a role never heard of, and the roles are asked for', () => {
  const house = new House();
  const decided = house.hear(member('guest', 0, { list: ['write', 'read', 'read'] }));
  expect(lookups(decided)).toEqual(['lookup_roles']);
  expect(house.can()).toEqual(['read', 'write']);
});

test('without a list a role never heard of grants nothing until the roles are known', () => {
  const house = new House();
  expect(lookups(house.hear(member('guest', 0)))).toEqual(['lookup_roles']);
  expect(house.can()).toEqual([]);
  house.hear(role('guest', ['read'], -50, { told: 'observed', created: -50, at: 5 }));
  expect(house.can()).toEqual(['read']);
});

test('a list newer than the definition may take away, and never adds', () => {
  const house = new House();
  house.hearAll(role('editor', ['read', 'write']), member('editor', 0));
  const decided = house.hear(member('editor', 20, { list: ['read', 'bill'] }));
  expect(lookups(decided)).toEqual(['lookup_roles']);
  expect(house.can()).toEqual(['read']);
});

test('a list that adds is a question, no grant', () => {
  const house = new House();
  house.hear(role('editor', ['read', 'write']));
  const decided = house.hear(member('editor', 20, { list: ['bill', 'read', 'write'], created: 20 }));
  expect(lookups(decided)).toEqual(['lookup_roles']);
  expect(house.can()).toEqual(['read', 'write']);
});

test('a list older than the definition says nothing', () => {
  const house = new House();
  house.hearAll(role('editor', ['read', 'write'], 30), member('editor', 10, { list: ['read'] }));
  expect(house.can()).toEqual(['read', 'write']);
});

test('a definition newer than what a list took away counts again', () => {
  const house = new House();
  house.hearAll(role('editor', ['read', 'write']), member('editor', 20, { list: ['read'] }));
  house.hear(role('editor', ['read', 'write'], 0, { told: 'observed', at: 30 }));
  expect(house.can()).toEqual(['read', 'write']);
});

test('a redefinition reaches every holder by one row and one change', () => {
  const house = new House();
  house.hear(role('editor', ['read', 'write']));
  for (const user of ['ada', 'bob', 'cyd']) house.hear(member('editor', 0, { user, id: `mem_${user}` }));
  const rows = new Map(house.store.tables.memberships);
  const decided = house.hear(role('editor', ['read'], 30));
  expect(decided.changes.map(({ kind, role }) => [kind, role])).toEqual([['role_changed', 'editor']]);
  expect(house.store.tables.memberships).toEqual(rows);
  for (const user of ['ada', 'bob', 'cyd']) expect(house.can(user)).toEqual(['read']);
});

test('a permission that was deleted is granted by no role, whatever lists it afterwards', () => {
  const house = new House();
  house.hearAll(role('editor', ['read', 'write']), member('editor', 0));
  house.hear({ kind: 'permission-deleted', id: 'perm_write', at: second(20) });
  expect(house.can()).toEqual(['read']);
  house.hear(role('editor', ['read', 'write'], 10));
  house.hear(member('editor', 30, { list: ['read', 'write'] }));
  expect(house.can()).toEqual(['read']);
});

test('a deleted permission that nobody knew of is a question about the roles', () => {
  const house = new House();
  const decided = house.hear({ kind: 'permission-deleted', id: 'perm_unheard', at: second(20) });
  expect(lookups(decided)).toEqual(['lookup_roles']);
});

test('a deleted role grants nothing', () => {
  const house = new House();
  house.hearAll(role('editor', ['read', 'write']), member('editor', 0));
  house.hear({ kind: 'role-deleted', id: 'role_editor', at: second(20) });
  expect(house.can()).toEqual([]);
  house.hear(role('editor', ['read', 'write'], 30));
  expect(house.can()).toEqual([]);
});
