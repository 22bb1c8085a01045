import { expect, test } from 'vitest';
import { House, member, permission, removed, role, second } from './support/house.ts';

const acme = () => {
  const house = new House();
  house.hearAll(role('viewer', ['read']), role('editor', ['read', 'write']));
  return house;
};

test('a member who rejoined is not wiped by the late removal of the life before', () => {
  const house = acme();
  house.hearAll(member('viewer', 0), member('editor', 100, { id: 'mem_2', created: 100 }));
  expect(house.hear(removed(90)).verdict).toEqual({ outcome: 'stale', reason: 'superseded' });
  expect(house.can()).toEqual(['read', 'write']);
});

test('a life before this one gives nothing, whenever it is told of', () => {
  const house = acme();
  house.hear(member('viewer', 100, { id: 'mem_2', created: 100 }));
  expect(house.hear(member('editor', 50)).verdict).toEqual({ outcome: 'stale', reason: 'superseded' });
  expect(house.can()).toEqual(['read']);
});

test('the latest life owns the pair even when it is over', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear(removed(110, { id: 'mem_2', created: 100 }));
  expect(house.can()).toBeNull();
  house.hear(member('editor', 60, { at: 120 }));
  expect(house.can()).toBeNull();
});

test('a membership that claims another user or organization than before fails', () => {
  const house = acme();
  house.hear(member('viewer', 0));
  expect(house.hear(member('editor', 10, { user: 'bob' })).verdict).toEqual({
    outcome: 'failed',
    reason: 'identity_conflict',
  });
  expect(house.can('bob')).toBeNull();
  expect(house.can()).toEqual(['read']);
});

test('a role key belongs to the role created last', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear(role('editor', ['read'], 50, { id: 'role_new', created: 50 }));
  expect(house.can()).toEqual(['read']);
  house.hear(role('editor', ['read', 'write', 'bill'], 40));
  expect(house.can()).toEqual(['read']);
});

test('a dead role kills the earlier ones of its key', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear(role('editor', ['read'], 50, { id: 'role_new', created: 50 }));
  house.hear({ kind: 'role-deleted', id: 'role_new', at: second(60) });
  expect(house.can()).toEqual([]);
});

test('a role whose end was told before its beginning grants nothing', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear({ kind: 'role-deleted', id: 'role_new', at: second(60) });
  house.hear(role('editor', ['read'], 50, { id: 'role_new', created: 50 }));
  expect(house.can()).toEqual([]);
});

test('an older role that takes the key of a dead one has it from then on', () => {
  const house = acme();
  house.hear({ kind: 'role-deleted', id: 'role_editor', at: second(40) });
  house.hear(role('editor', ['bill'], 50, { id: 'role_aged', created: -10 }));
  house.hear(member('editor', 60));
  expect(house.can()).toEqual(['bill']);
});

test('a renamed role goes on under its old key, since nothing tells its holders anew', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear(role('author', ['read', 'write', 'bill'], 50, { id: 'role_editor' }));
  expect(house.can()).toEqual(['bill', 'read', 'write']);
  house.hear(member('author', 60));
  expect(house.can()).toEqual(['bill', 'read', 'write']);
  house.hear(role('author', ['read'], 70, { id: 'role_editor' }));
  expect(house.can()).toEqual(['read']);
});

test('a permission made anew under an old name is another one: roles told before it do not grant it', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear({ kind: 'permission-deleted', id: 'perm_write', at: second(40) });
  expect(house.can()).toEqual(['read']);
  house.hear({ kind: 'permission', ...permission('write', 50, 'perm_write_2'), at: second(50) });
  expect(house.can()).toEqual(['read']);
  house.hear(role('editor', ['read', permission('write', 50, 'perm_write_2')], 60));
  expect(house.can()).toEqual(['read', 'write']);
  house.hear({ kind: 'permission-deleted', id: 'perm_write', at: second(40) });
  expect(house.can()).toEqual(['read', 'write']);
});

test('a new permission of a name takes it from roles that meant the one before, even unmentioned its end', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear({ kind: 'permission', ...permission('write', 50, 'perm_write_2'), at: second(50) });
  expect(house.can()).toEqual(['read']);
});

test('an answer that still lists the old permission of a name does not grant the new one', () => {
  const house = acme();
  house.hear(member('editor', 0));
  house.hear({ kind: 'permission', ...permission('write', 50, 'perm_write_2'), at: second(50) });
  house.hear(role('editor', ['read', 'write'], 0, { told: 'observed', at: 60 }));
  expect(house.can()).toEqual(['read']);
});

test('a key that only lists knew is taken by the first role told of it', () => {
  const house = new House();
  house.hear(member('guest', 0, { list: ['read', 'write'] }));
  house.hear(role('guest', ['read'], 10));
  expect(house.can()).toEqual(['read']);
});
